package notice

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"linli/internal/kernel/audit"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/outbox"
	"linli/internal/kernel/store"
)

// Told is what a notice needs of a case as it is now.
type Told struct {
	Number   string
	Reporter int64  // vault record, 0 if there is nobody to tell
	Unit     string // that has it
}

// Cases answers about a case; errs.NotFound if there is none.
type Cases interface {
	Told(ctx context.Context, id int64) (Told, error)
}

// Ways a reporter may be reached; resident_report.notices keeps which.
const (
	None  = 0
	Phone = 1
	Mail  = 2
)

// Channels of the outbox by way.
const (
	PhoneChannel = "notice-phone"
	MailChannel  = "notice-mail"
)

// WayOf tells how a contact is reached.
func WayOf(contact string) int {
	switch contact = strings.TrimSpace(contact); {
	case contact == "":
		return None
	case strings.Contains(contact, "@"):
		return Mail
	}
	return Phone
}

// topics are the acts of which a reporter is told, by what is said.
var topics = map[string]string{
	"case.report": "received", "case.dispatch": "dispatched", "case.direct": "dispatched", "case.return_decided": "dispatched",
	"case.await": "needed", "case.suspension_approved": "paused", "case.extension_approved": "extended",
	"case.close": "closed", "case.settle": "closed", "case.onsite": "closed", "case.answered": "answered", "case.decline": "declined", "case.not_file": "declined",
	"case.redo": "redone", "case.reopen": "redone",
}

// payload is what a notice carries: nothing of the matter and nobody's data.
type payload struct {
	Number string `json:"number"`
	Unit   string `json:"unit,omitempty"`
	Lang   string `json:"lang"`
}

// Service is the room.
type Service struct {
	DB    *store.DB
	Cases Cases
}

// React puts the notices that follow from entries of the audit chain.
func (s *Service) React(ctx context.Context, entries []audit.Row) (func(*store.Tx) error, error) {
	var list []outbox.Message
	for _, e := range entries {
		topic, ok := topics[e.Action]
		if !ok {
			continue
		}
		way, lang, err := s.wanted(ctx, e.District, e.ObjectID)
		if err != nil {
			return nil, err
		}
		if way == None {
			continue
		}
		c, err := s.Cases.Told(ctx, e.ObjectID)
		if errs.Is(err, errs.NotFound) || err == nil && c.Reporter == 0 {
			continue
		}
		if err != nil {
			return nil, err
		}
		body, err := json.Marshal(payload{c.Number, c.Unit, lang})
		if err != nil {
			return nil, err
		}
		channel := PhoneChannel
		if way == Mail {
			channel = MailChannel
		}
		list = append(list, outbox.Message{District: e.District, Channel: channel, Topic: topic, Object: e.ObjectID, Person: c.Reporter, Payload: body,
			Line: fmt.Sprintf("case/%d", e.ObjectID), Once: fmt.Sprintf("%d/%d/%s", e.ObjectID, e.Seq, topic)})
	}
	if len(list) == 0 {
		return nil, nil
	}
	return func(tx *store.Tx) error {
		for _, m := range list {
			if err := outbox.Put(tx, m); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

// wanted is how the case's reporter wants to be told, and in which language.
func (s *Service) wanted(ctx context.Context, district int, id int64) (way int, lang string, err error) {
	err = s.DB.QueryRow(ctx, "SELECT notices, lang FROM resident_report WHERE district = ? AND case_id = ?", district, id).Scan(&way, &lang)
	if errors.Is(err, sql.ErrNoRows) {
		return None, "", nil
	}
	return way, lang, err
}

// People opens who a notice goes to, at the moment of sending.
type People interface {
	// Contact is the telephone number or address in clear; errs.NotFound if it was
	// erased.
	Contact(ctx context.Context, district int, id int64) (string, error)
}

// Notice is one as a way out sends it.
type Notice struct {
	ID    string // the receiver's key against repeats
	Topic string
	To    string // number or address, in clear
	Text  string
	Title string
	Vars  map[string]string // number, unit, link: for templates kept by the provider
}

// Way sends a notice; outbox.Never(err) if no further try can help.
type Way interface {
	Send(ctx context.Context, n Notice) (receipt string, err error)
}

// Sender makes outbox messages into notices.
type Sender struct {
	DB     *store.DB
	People People
	Way    Way
	Texts  Texts
	Link   string // address of the city's pages, "" if notices name none
	City   func() string
}

// optedOut is no failure: the reporter wants no more notices, or has gone.
const optedOut = "opted out"

// Send implements outbox.Sender.
func (s *Sender) Send(ctx context.Context, m outbox.Message) (string, error) {
	var p payload
	if err := m.Decode(&p); err != nil {
		return "", outbox.Never(err)
	}
	way, _, err := (&Service{DB: s.DB}).wanted(ctx, m.District, m.Object)
	if err != nil {
		return "", err
	}
	if way == None {
		return optedOut, nil
	}
	to, err := s.People.Contact(ctx, m.District, m.Person)
	if errs.Is(err, errs.NotFound) || err == nil && to == "" {
		return optedOut, nil
	}
	if err != nil {
		return "", err
	}
	vars := map[string]string{"number": p.Number, "unit": p.Unit, "link": "", "city": s.City()}
	if s.Link != "" {
		vars["link"] = strings.TrimSuffix(s.Link, "/") + "/follow?number=" + p.Number
	}
	text, ok := s.Texts.Say(m.Topic, p.Lang, vars)
	if !ok {
		return "", outbox.Never(fmt.Errorf("notice: no text for %s", m.Topic))
	}
	return s.Way.Send(ctx, Notice{ID: fmt.Sprint(m.ID), Topic: m.Topic, To: to, Text: text, Title: s.Texts.title(p.Lang, vars), Vars: vars})
}
