// Makes a large execution trace: workers hand work to each other, take buffers from a pool, and keep some, so that the
// collector has its cycles. Arguments: the file, its least size in bytes, and “annotated” for tasks and regions.
package main

import (
	"context"
	"fmt"
	"os"
	"runtime/trace"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

const (
	pairs = 64
	// A live heap of about 10 MB makes several cycles a second.
	mostKept  = 20_000
	keptBytes = 512
)

type session struct{ buffer []byte }

var (
	annotated bool
	kept      [][]byte
	keptLock  sync.Mutex
)

var sessions = sync.Pool{New: func() any {
	if annotated {
		defer trace.StartRegion(context.Background(), "pool.New").End()
	}
	return &session{buffer: make([]byte, 4096)}
}}

func region(ctx context.Context, name string, body func()) {
	if annotated {
		trace.WithRegion(ctx, name, body)
	} else {
		body()
	}
}

func handle(ctx context.Context, turn int) {
	if annotated && turn%4 == 0 {
		var task *trace.Task
		ctx, task = trace.NewTask(ctx, "request")
		defer task.End()
	}
	var taken *session
	region(ctx, "pool.Get", func() { taken = sessions.Get().(*session) })
	taken.buffer[turn%len(taken.buffer)]++
	if turn%64 == 0 {
		keptLock.Lock()
		if kept = append(kept, make([]byte, keptBytes)); len(kept) > mostKept {
			kept = nil
		}
		keptLock.Unlock()
	}
	region(ctx, "pool.Put", func() { sessions.Put(taken) })
}

// The trace's size, as far as it was written.
type counter struct {
	file  *os.File
	bytes atomic.Int64
}

func (c *counter) Write(data []byte) (int, error) {
	written, err := c.file.Write(data)
	c.bytes.Add(int64(written))
	return written, err
}

func run(name string, least int64) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	written := &counter{file: file}
	if err := trace.Start(written); err != nil {
		return err
	}
	stop := make(chan struct{})
	var group sync.WaitGroup
	for range pairs {
		work, done := make(chan int), make(chan int)
		group.Go(func() {
			defer close(work)
			for turn := 0; ; turn++ {
				select {
				case <-stop:
					return
				case work <- turn:
				}
				<-done
				if annotated || turn%16 == 0 {
					handle(context.Background(), turn)
				}
			}
		})
		group.Go(func() {
			for turn := range work {
				done <- turn
			}
		})
	}
	for written.bytes.Load() < least {
		time.Sleep(20 * time.Millisecond)
		// A large object by a goroutine that ends at once: goroutines come and go.
		go func() { _ = make([]byte, 1<<20) }()
	}
	close(stop)
	group.Wait()
	trace.Stop()
	return file.Close()
}

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: main FILE BYTES [annotated]")
		os.Exit(2)
	}
	least, err := strconv.ParseInt(os.Args[2], 10, 64)
	annotated = len(os.Args) > 3 && os.Args[3] == "annotated"
	if err == nil {
		err = run(os.Args[1], least)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
