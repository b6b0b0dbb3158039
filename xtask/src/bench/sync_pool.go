// What a Get and its Put of sync.Pool take: prints nanoseconds of a processor.
// Arguments: goroutines, and pairs of Get and Put that all of them do together.
package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync"
	"time"
)

type object struct{ bytes []byte }

var sink *object

//go:noinline
func work(o *object) { sink = nil; _ = o }

func main() {
	threads, _ := strconv.Atoi(os.Args[1])
	pairs, _ := strconv.Atoi(os.Args[2])
	pairs /= threads
	processors := min(threads, runtime.NumCPU())
	pool := sync.Pool{New: func() any { return &object{make([]byte, 0, 1024)} }}
	var ready, done sync.WaitGroup
	start := make(chan struct{})
	for range threads {
		ready.Add(1)
		done.Add(1)
		go func() {
			pair := func() {
				o := pool.Get().(*object)
				work(o)
				pool.Put(o)
			}
			for range 100 {
				pair()
			}
			ready.Done()
			<-start
			for range pairs {
				pair()
			}
			done.Done()
		}()
	}
	ready.Wait()
	began := time.Now()
	close(start)
	done.Wait()
	fmt.Println(float64(time.Since(began).Nanoseconds()) * float64(processors) / float64(pairs*threads))
}
