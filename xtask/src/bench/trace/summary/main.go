// Reads a trace with Go's own reader and sums it up with Go's own summarizer, as `go tool trace` begins. The package
// gotrace/trace is a copy of the toolchain's internal/trace, made when the benchmark runs.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"

	"gotrace/trace"
)

func run(name string) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	reader, err := trace.NewReader(bufio.NewReaderSize(file, 1<<20))
	if err != nil {
		return err
	}
	summarizer := trace.NewSummarizer()
	events := 0
	for {
		event, err := reader.ReadEvent()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		summarizer.Event(&event)
		events++
	}
	summary := summarizer.Finalize()
	fmt.Println(events, "events,", len(summary.Goroutines), "goroutines,", len(summary.Tasks), "tasks")
	return nil
}

func main() {
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
