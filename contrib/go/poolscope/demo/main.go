// Demo uses two pools for a quarter of a second, traces that, and says what it did: `demo FOLDER` leaves trace.out,
// outstanding.pb.gz and truth.json there.
package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"runtime/trace"
	"sync"
	"sync/atomic"
	"time"

	"poolscope"
)

type session struct {
	user   int
	buffer [1024]byte
}

type truth struct {
	Go       string           `json:"go"`
	Gets     map[string]int64 `json:"gets"`
	News     map[string]int64 `json:"news"`
	Puts     map[string]int64 `json:"puts"`
	Kept     int64            `json:"kept_for_ever"`
	Profiled int              `json:"outstanding_in_profile"`
}

var garbage []byte

// kept is where sessions leak to.
var kept []*session

func main() {
	folder := os.Args[1]
	file, err := os.Create(filepath.Join(folder, "trace.out"))
	check(err)
	profile := poolscope.TrackOutstanding()

	var newSessions, newReplies, getSessions, getReplies, putSessions atomic.Int64
	sessions := poolscope.Pool{Name: "sessions", New: func() any { newSessions.Add(1); return new(session) }}
	replies := poolscope.Pool{Name: "replies", New: func() any {
		newReplies.Add(1)
		reply := make([]byte, 0, 256)
		return &reply
	}}

	check(trace.Start(file))
	stop := poolscope.SampleMemory(20 * time.Millisecond)
	var workers sync.WaitGroup
	var keeping sync.Mutex
	for worker := range 4 {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for request := range 50 {
				getSessions.Add(1)
				s := sessions.Get().(*session)
				s.user = worker
				getReplies.Add(1)
				reply := replies.Get().(*[]byte)
				*reply = append((*reply)[:0], s.buffer[:100+request]...)
				time.Sleep(2 * time.Millisecond)
				replies.Put(reply)
				if request%10 == 3 {
					keeping.Lock()
					kept = append(kept, s)
					keeping.Unlock()
				} else {
					putSessions.Add(1)
					sessions.Put(s)
				}
				if worker == 0 {
					// So much that the collector comes by a few times.
					garbage = make([]byte, 200<<10)
				}
				time.Sleep(3 * time.Millisecond)
			}
		}()
	}
	workers.Wait()
	stop()
	trace.Stop()
	check(file.Close())

	out, err := os.Create(filepath.Join(folder, "outstanding.pb.gz"))
	check(err)
	check(profile.WriteTo(out, 0))
	check(out.Close())
	text, err := json.MarshalIndent(truth{
		Go:       runtime.Version(),
		Gets:     map[string]int64{"sessions": getSessions.Load(), "replies": getReplies.Load()},
		News:     map[string]int64{"sessions": newSessions.Load(), "replies": newReplies.Load()},
		Puts:     map[string]int64{"sessions": putSessions.Load(), "replies": getReplies.Load()},
		Kept:     int64(len(kept)),
		Profiled: profile.Count(),
	}, "", "  ")
	check(err)
	check(os.WriteFile(filepath.Join(folder, "truth.json"), append(text, '\n'), 0o644))
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
