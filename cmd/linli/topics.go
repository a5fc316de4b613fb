package main

import (
	"context"
	"fmt"
	"math"
	"os"
	"time"

	"linli/internal/kernel/calendar"
	"linli/internal/work/topic/theme"
)

// topicOut is one topic as it is printed.
type topicOut struct {
	Name     string   `json:"name"`
	People   int      `json:"people"`
	Messages int      `json:"messages"`
	Likes    int      `json:"likes"`
	First    string   `json:"first"`
	Last     string   `json:"last"`
	Rise     float64  `json:"rise"`
	Weeks    []int    `json:"weeks"`
	Members  []string `json:"members"`
}

// topics groups the messages of a file and prints what many people speak of.
func topics(_ context.Context, args []string) error {
	f := bareFlags("topics", "topics --in FILE [--people N] [--top N] [--json]\n\nFILE is JSON lines, CSV or Excel, also gzipped, with the fields id, user,\ntitle, time, body and likes.")
	in := f.String("in", "", "messages to group")
	people := f.Int("people", 3, "only topics of at least so many people")
	top := f.Int("top", 0, "only so many of the hottest; 0: all")
	if err := f.parse(args); err != nil {
		return err
	}
	if *in == "" || *people < 1 || *top < 0 {
		return usage("--in FILE is needed; --people takes 1 and more, --top 0 and more")
	}
	lines, err := theme.Read(*in, calendar.Standard().Time(0).Location())
	if err != nil {
		return usage("%s: %s", *in, err)
	}
	start := time.Now()
	s := theme.New(theme.Settings{})
	byID := make(map[int64]*theme.Line, len(lines))
	for i := range lines {
		byID[lines[i].ID] = &lines[i]
		s.Learn(lines[i].Title, lines[i].Body)
	}
	var end time.Time
	for i := range lines {
		s.AddKnown(lines[i].Message)
		end = lines[i].At
	}
	took := time.Since(start)
	out := []topicOut{}
	for _, t := range s.Hot(*people, time.Time{}) {
		if *top > 0 && len(out) == *top {
			break
		}
		o := topicOut{Name: t.Name(), People: t.People(), Messages: t.Messages, First: t.First.Format(time.RFC3339), Last: t.Last.Format(time.RFC3339),
			Rise: math.Round(t.Rise(end)*100) / 100, Weeks: t.Weeks(end, 26), Members: []string{}}
		for _, id := range t.Members {
			o.Members = append(o.Members, byID[id].Name)
			o.Likes += byID[id].Likes
		}
		out = append(out, o)
	}
	if f.json {
		return f.print(map[string]any{"messages": len(lines), "seconds": took.Seconds(), "topics": out}, "")
	}
	for i, o := range out {
		if _, err := fmt.Fprintf(os.Stdout, "%3d  %d people, %d messages, %s to %s, rise %.1f  %s\n     %v\n", i+1, o.People, o.Messages, o.First[:10], o.Last[:10], o.Rise, o.Name, o.Members); err != nil {
			return err
		}
	}
	return nil
}
