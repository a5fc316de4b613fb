package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"strconv"

	"linli/internal/people/workforce"
)

// appraisal draws an appraisal's sample again: from the data folder, or from the
// answer of /api/v1/appraisals/ID/draw that anybody has kept, without the city.
func appraisal(ctx context.Context, args []string) error {
	f := newFlags("appraisal", "appraisal check [--data DIR] [--db postgres://…] [--commitment HASH] ID | FILE")
	kept := f.String("commitment", "", "hash of the seed as it was published before the period ended")
	words, err := f.words(args, 2, 2)
	if err != nil {
		return err
	}
	if words[0] != "check" {
		return usage("there is no %q of appraisals; only check", words[0])
	}
	d := &workforce.Drawn{}
	if id, notID := strconv.ParseInt(words[1], 10, 64); notID == nil {
		a, err := f.open(ctx)
		if err != nil {
			return err
		}
		defer a.Close()
		if d, err = a.Staff.DrawOf(ctx, id); err != nil {
			return err
		}
	} else {
		body, err := os.ReadFile(words[1])
		if err != nil {
			return usage("%s", err)
		}
		if err := json.Unmarshal(body, d); err != nil {
			return usage("%s: %s", words[1], err)
		}
	}
	cases, drawn := 0, 0
	for _, s := range d.Sheets {
		cases, drawn = cases+len(s.Pool), drawn+len(s.Drawn)
	}
	result := struct {
		Appraisal  int64  `json:"appraisal"`
		Equal      bool   `json:"equal"`
		Problem    string `json:"problem,omitempty"`
		Commitment string `json:"commitment"`
		Workers    int    `json:"workers"`
		Cases      int    `json:"cases"`
		Drawn      int    `json:"drawn"`
	}{d.Appraisal, true, "", d.Commitment, len(d.Sheets), cases, drawn}
	if err = d.Check(); err == nil && *kept != "" && *kept != d.Commitment {
		err = errors.New("the hash published beforehand was " + *kept + ", the draw names " + d.Commitment)
	}
	verdict := "equal: the seed is the one whose hash was published, and gives this sample"
	if err != nil {
		result.Equal, result.Problem, verdict = false, err.Error(), "NOT equal: "+err.Error()
	}
	if err := f.print(result, "appraisal %d: %d workers, %d of %d cases drawn, hash of the seed %s\n%s\n", d.Appraisal, len(d.Sheets), drawn, cases, d.Commitment, verdict); err != nil {
		return err
	}
	if !result.Equal {
		return errors.New("the sample is not what the seed gives")
	}
	return nil
}
