// Package poolscope lets Poolscope follow the objects of a sync.Pool. It is this one file and needs the standard library
// alone: copy it into a program, or import it.
//
// [Pool] takes the place of sync.Pool as it stands. While an execution trace is being taken (runtime/trace, or
// /debug/pprof/trace) it says in the trace what happens to each object:
//
//	region "pool.Get NAME"   around Get
//	region "pool.New NAME"   around New, within Get
//	region "pool.Put NAME"   around Put
//	log    "pool.new"        NAME, ADDRESS, BYTES, TYPE      an object begins its life at this address
//	log    "pool.get"        NAME, ADDRESS, BYTES, TYPE      it is handed out
//	log    "pool.put"        NAME, ADDRESS, BYTES, TYPE      it is given back
//	log    "pool.memory"     ALLOC, NEXTGC, NUMGC            see SampleMemory
//
// Fields of a log are separated by tabs; addresses are hexadecimal, with 0x; sizes are decimal, in bytes. An address is
// that of what a pointer, slice, map, channel or function points to, and 0x0 for anything else, whose life cannot be
// followed. A log stands within its region, just before the region's end for New and Get, just after its begin for Put.
//
// Without a trace a Get or Put costs one more look at a flag or two.
package poolscope

import (
	"context"
	"reflect"
	"runtime/metrics"
	"runtime/pprof"
	"runtime/trace"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Pool is a sync.Pool that can be looked into. The zero Pool is empty and ready to use; it must not be copied.
type Pool struct {
	// New makes an object when Get would otherwise give nil. It must not be changed while Get may run.
	New func() any
	// Name is what the pool is called in traces; without one, "pool". It must not be changed while the pool is used.
	Name string

	once sync.Once
	pool sync.Pool
}

// Get hands out an object, as sync.Pool does.
func (p *Pool) Get() any {
	// So New is called by sync.Pool, as profiles have it.
	p.once.Do(func() { p.pool.New = p.make })
	if !trace.IsEnabled() {
		x := p.pool.Get()
		noteOut(x)
		return x
	}
	ctx := context.Background()
	defer trace.StartRegion(ctx, "pool.Get "+p.name()).End()
	x := p.pool.Get()
	if x != nil {
		p.log(ctx, "pool.get", x)
	}
	noteOut(x)
	return x
}

// Put gives an object back, as sync.Pool does.
func (p *Pool) Put(x any) {
	if x == nil {
		return
	}
	noteBack(x)
	if !trace.IsEnabled() {
		p.pool.Put(x)
		return
	}
	ctx := context.Background()
	defer trace.StartRegion(ctx, "pool.Put "+p.name()).End()
	// First: once it is in the pool it is another's.
	p.log(ctx, "pool.put", x)
	p.pool.Put(x)
}

func (p *Pool) make() any {
	if p.New == nil {
		return nil
	}
	if !trace.IsEnabled() {
		return p.New()
	}
	ctx := context.Background()
	defer trace.StartRegion(ctx, "pool.New "+p.name()).End()
	x := p.New()
	if x != nil {
		p.log(ctx, "pool.new", x)
	}
	return x
}

func (p *Pool) name() string {
	if p.Name == "" {
		return "pool"
	}
	return p.Name
}

func (p *Pool) log(ctx context.Context, category string, x any) {
	message := append([]byte(p.name()), '\t', '0', 'x')
	message = strconv.AppendUint(message, uint64(address(x)), 16)
	message = append(message, '\t')
	message = strconv.AppendUint(message, size(x), 10)
	message = append(message, '\t')
	message = append(message, reflect.TypeOf(x).String()...)
	trace.Log(ctx, category, string(message))
}

// address tells objects apart; 0 for values that have none of their own.
func address(x any) uintptr {
	v := reflect.ValueOf(x)
	switch v.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Chan, reflect.UnsafePointer, reflect.Func:
		return v.Pointer()
	}
	return 0
}

// size is that of the object, and of its buffer where it tells (Cap, as bytes.Buffer has it), in bytes.
func size(x any) uint64 {
	v := reflect.ValueOf(x)
	t := v.Type()
	switch {
	case v.Kind() == reflect.Slice:
		return uint64(t.Size()) + uint64(v.Cap())*uint64(t.Elem().Size())
	case v.Kind() != reflect.Pointer || v.IsNil():
		return uint64(t.Size())
	}
	bytes := uint64(t.Elem().Size())
	if e := v.Elem(); e.Kind() == reflect.Slice {
		bytes += uint64(e.Cap()) * uint64(e.Type().Elem().Size())
	} else if buffer, ok := x.(interface{ Cap() int }); ok {
		bytes += uint64(buffer.Cap())
	}
	return bytes
}

// outstanding has an entry for each object that is out, by address; nil unless TrackOutstanding was called.
var outstanding atomic.Pointer[pprof.Profile]

// adding makes removing an entry and adding it again one step: an entry that is there twice would panic.
var adding sync.Mutex

// TrackOutstanding begins to keep where each object was got that is not back yet, and gives the profile, which is also
// served as /debug/pprof/pool_outstanding. Every Get then takes a stack and a lock: some microseconds. An object that was
// dropped without a Put stays in the profile until its address is used again: that is what the profile is to show.
func TrackOutstanding() *pprof.Profile {
	adding.Lock()
	defer adding.Unlock()
	const name = "pool_outstanding"
	profile := pprof.Lookup(name)
	if profile == nil {
		profile = pprof.NewProfile(name)
	}
	outstanding.Store(profile)
	return profile
}

// noteOut adds an object, with the stack of the caller of Get.
func noteOut(x any) {
	profile := outstanding.Load()
	if profile == nil || x == nil {
		return
	}
	if key := address(x); key != 0 {
		adding.Lock()
		defer adding.Unlock()
		// By address, not by pointer: the profile must not keep alive what the program has dropped.
		profile.Remove(key)
		// Three: Add, this function, Get.
		profile.Add(key, 3)
	}
}

func noteBack(x any) {
	if profile := outstanding.Load(); profile != nil {
		profile.Remove(address(x))
	}
}

// SampleMemory logs, so often while a trace is taken, what runtime.MemStats calls Alloc, NextGC and NumGC, without stopping
// the world as ReadMemStats does. It ends when stop is called, which may be done more than once.
func SampleMemory(every time.Duration) (stop func()) {
	samples := []metrics.Sample{
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/gc/heap/goal:bytes"},
		{Name: "/gc/cycles/total:gc-cycles"},
	}
	done := make(chan struct{})
	go func() {
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for {
			select {
			case <-done:
				return
			case <-ticker.C:
			}
			if !trace.IsEnabled() {
				continue
			}
			metrics.Read(samples)
			var message []byte
			for i, sample := range samples {
				if i > 0 {
					message = append(message, '\t')
				}
				if sample.Value.Kind() == metrics.KindUint64 {
					message = strconv.AppendUint(message, sample.Value.Uint64(), 10)
				} else {
					message = append(message, '?')
				}
			}
			trace.Log(context.Background(), "pool.memory", string(message))
		}
	}()
	return sync.OnceFunc(func() { close(done) })
}
