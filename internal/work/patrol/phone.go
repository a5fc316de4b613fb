package patrol

import (
	"context"

	"linli/internal/kernel/access"
	"linli/internal/kernel/files"
	"linli/internal/kernel/offline"
	"linli/internal/kernel/store"
)

// Kinds are what phones send about visits.
func (s *Service) Kinds() []offline.Kind {
	return []offline.Kind{{Name: "visit.record", Fact: true, Perms: []access.Perm{access.VisitRecord}, Do: s.recordFromPhone}}
}

type phoneVisit struct {
	Tasks    []int64             `json:"tasks,omitempty"`
	Home     int64               `json:"home,omitempty"`
	Building int64               `json:"building,omitempty"`
	Outcome  string              `json:"outcome"`
	Answers  map[string][]string `json:"answers,omitempty"`
	Note     string              `json:"note,omitempty"`
	Wish     string              `json:"wish,omitempty"`
	Lon      float64             `json:"lon,omitempty"`
	Lat      float64             `json:"lat,omitempty"`
	Photos   []string            `json:"photos,omitempty"`
	Voice    []string            `json:"voice,omitempty"`
}

// recordFromPhone: the command's id is the visit's name, photos and voice follow.
func (s *Service) recordFromPhone(ctx context.Context, scope access.Scope, c *offline.Command) error {
	var b phoneVisit
	if err := offline.Decode(c, &b); err != nil {
		return err
	}
	_, err := s.Record(ctx, scope, Visit{Client: c.ID.String(), Tasks: b.Tasks, Home: b.Home, Building: b.Building, Outcome: b.Outcome, Answers: b.Answers, Note: b.Note, Wish: b.Wish, Lon: b.Lon, Lat: b.Lat,
		Photos: append(b.Photos, b.Voice...), At: c.At, OnWrite: func(tx *store.Tx, v *Visit) error {
			if !v.Again {
				if err := files.Await(tx, files.Target{District: v.District, Kind: "visit", Object: v.ID, Account: v.Account}, v.Photos); err != nil {
					return err
				}
			}
			return c.Done(tx, offline.Effect{ObjectID: v.ID, Version: 1})
		}})
	return err
}
