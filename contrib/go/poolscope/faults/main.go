// Faults uses a pool wrongly for some seconds, on purpose: one session in five is never put, one in forty is put twice.
// `faults FOLDER` leaves trace.out and truth.json there.
package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"runtime/trace"
	"time"

	"poolscope"
)

type session struct {
	buffer [1024]byte
}

type truth struct {
	Go         string `json:"go"`
	Gets       int    `json:"gets"`
	Lost       int    `json:"never_put"`
	DoublePuts int    `json:"put_twice"`
}

// lost is where sessions leak to.
var lost []*session

func main() {
	folder := os.Args[1]
	file, err := os.Create(filepath.Join(folder, "trace.out"))
	check(err)
	sessions := poolscope.Pool{Name: "sessions", New: func() any { return new(session) }}
	said := truth{Go: runtime.Version()}
	check(trace.Start(file))
	for request := range 200 {
		s := sessions.Get().(*session)
		said.Gets++
		time.Sleep(time.Millisecond)
		switch {
		case request%5 == 3:
			lost = append(lost, s)
			said.Lost++
		case request%40 == 7:
			sessions.Put(s)
			sessions.Put(s)
			said.DoublePuts++
		default:
			sessions.Put(s)
		}
		time.Sleep(15 * time.Millisecond)
	}
	trace.Stop()
	check(file.Close())
	text, err := json.MarshalIndent(said, "", "  ")
	check(err)
	check(os.WriteFile(filepath.Join(folder, "truth.json"), append(text, '\n'), 0o644))
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
