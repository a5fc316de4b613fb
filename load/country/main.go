// Command country plans generated cities of every shape one after the other
// and says what a country of 1.2 million grids would take by that measure.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"runtime"
	"syscall"
	"time"

	"linli/internal/grid/planning"
	"linli/internal/grid/planning/plangen"
)

// country is how many grids China has, by the national reports.
const country = 1_200_000

func main() {
	cities := flag.Int("cities", 24, "cities to plan")
	rounds := flag.Int("rounds", 6, "rounds of improvement, as in a run of five seconds")
	flag.Parse()
	if err := run(*cities, *rounds); err != nil {
		fmt.Fprintln(os.Stderr, "country:", err)
		os.Exit(1)
	}
}

func run(cities, rounds int) error {
	// Every second city is a town, sizes differ by a factor of four.
	sizes := []int{16, 36, 64}
	fmt.Println("city             communities   units  grids  in bounds  rms bound  CPU s  ms a community  MB heap  kB a community")
	var spent time.Duration
	grids, communities := 0, 0
	for i := range cities {
		shape := plangen.Town
		if i%2 == 1 {
			shape = plangen.Shapes[1+i/2%(len(plangen.Shapes)-1)]
		}
		empty := heap()
		city := plangen.Generate(uint64(i), shape, sizes[i%len(sizes)])
		in := city.Instance
		city = nil // only what a planner holds is counted
		before := cpu()
		plan, err := planning.Solve(context.Background(), in, planning.Options{Seed: 1, Rounds: rounds, Time: time.Hour})
		if err != nil {
			return err
		}
		took := cpu() - before
		held := heap() - empty
		n := len(in.Communities)
		fmt.Printf("%-16s %11d %7d %6d %9.1f%% %4.0f %4.0f m %6.2f %15.1f %8.1f %15.1f\n", in.Name, n, len(in.Units), plan.Totals.Grids,
			100*plan.Figures.InRangeFeasible, plan.Figures.RMSM, plan.Bounds.RMSM, took.Seconds(), 1000*took.Seconds()/float64(n), float64(held)/1e6, float64(held)/1e3/float64(n))
		runtime.KeepAlive(plan)
		spent, grids, communities = spent+took, grids+plan.Totals.Grids, communities+n
	}
	each := spent.Seconds() / float64(grids)
	fmt.Printf("%d cities, %d communities, %d grids: %.1f s of CPU, %.2f ms a grid; %d grids: %.1f core-hours. Peak memory %d MB\n",
		cities, communities, grids, spent.Seconds(), 1000*each, country, each*country/3600, peak()/1e6)
	return nil
}

// heap is what is in use after a collection, bytes.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// cpu is user and system time of the process.
func cpu() time.Duration {
	u := usage()
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// peak is the largest resident set so far, bytes.
func peak() int64 { return usage().Maxrss * 1024 }

func usage() syscall.Rusage {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err) // only for arguments that are not these
	}
	return u
}
