package poolscope

import (
	"bytes"
	"runtime"
	"runtime/trace"
	"strings"
	"sync"
	"testing"
	"time"
)

type session struct{ buffer [512]byte }

func TestObjectsComeBack(t *testing.T) {
	made := 0
	pool := Pool{Name: "sessions", New: func() any { made++; return new(session) }}
	for range 100 {
		x := pool.Get().(*session)
		x.buffer[0]++
		pool.Put(x)
	}
	// The race detector makes sync.Pool drop some on purpose.
	if made < 1 || made > 90 {
		t.Errorf("%d objects made for 100 gets, one at a time", made)
	}
}

func TestWithoutNewAnEmptyPoolGivesNil(t *testing.T) {
	var pool Pool
	if x := pool.Get(); x != nil {
		t.Errorf("got %v", x)
	}
	pool.Put(nil)
	if x := pool.Get(); x != nil {
		t.Errorf("a put of nothing gave %v", x)
	}
}

func TestTraceTellsEachStep(t *testing.T) {
	if trace.IsEnabled() {
		t.Skip("the test itself is traced")
	}
	var out bytes.Buffer
	if err := trace.Start(&out); err != nil {
		t.Skip(err)
	}
	stop := SampleMemory(time.Millisecond)
	pool := Pool{Name: "sessions", New: func() any { return new(session) }}
	x := pool.Get()
	pool.Put(x)
	time.Sleep(20 * time.Millisecond)
	stop()
	stop()
	trace.Stop()
	// Strings stand in a trace as they are.
	for _, wanted := range []string{
		"pool.Get sessions", "pool.New sessions", "pool.Put sessions", "pool.get", "pool.new", "pool.put", "pool.memory",
		"\t512\t*poolscope.session",
	} {
		if !strings.Contains(out.String(), wanted) {
			t.Errorf("%q is not in the trace", wanted)
		}
	}
}

func TestSizes(t *testing.T) {
	slice := make([]byte, 0, 100)
	buffer := bytes.NewBuffer(slice)
	for _, c := range []struct {
		x    any
		want uint64
	}{
		{new(session), 512},
		{&slice, 24 + 100},
		{slice, 24 + 100},
		{buffer, uint64(40 + 100)},
		{7, 8},
		{(*session)(nil), 8},
	} {
		if got := size(c.x); got != c.want {
			t.Errorf("size of %T is %d, not %d", c.x, got, c.want)
		}
	}
	if address(7) != 0 || address(&slice) == 0 {
		t.Error("addresses")
	}
}

func TestOutstandingObjectsAreProfiled(t *testing.T) {
	profile := TrackOutstanding()
	defer outstanding.Store(nil)
	if TrackOutstanding() != profile {
		t.Error("a second call made a second profile")
	}
	pool := Pool{New: func() any { return new(session) }}
	kept := []any{pool.Get(), pool.Get(), pool.Get()}
	if got := profile.Count(); got != 3 {
		t.Errorf("%d objects are out, not 3", got)
	}
	var text bytes.Buffer
	err := profile.WriteTo(&text, 1)
	if err != nil || !strings.Contains(text.String(), "TestOutstanding") || strings.Contains(text.String(), ".Get") {
		t.Errorf("%v: the innermost frame is not the caller of Get:\n%s", err, &text)
	}
	for _, x := range kept {
		pool.Put(x)
	}
	if got := profile.Count(); got != 0 {
		t.Errorf("%d objects are out, not 0", got)
	}
	// An object that is put twice goes to two holders; the profile must bear it.
	x := pool.Get()
	pool.Put(x)
	pool.Put(x)
	var holders sync.WaitGroup
	for range 8 {
		holders.Add(1)
		go func() {
			defer holders.Done()
			for range 1000 {
				pool.Put(pool.Get())
			}
		}()
	}
	holders.Wait()
	runtime.KeepAlive(kept)
}
