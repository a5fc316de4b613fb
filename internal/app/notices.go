package app

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"time"

	"linli/internal/kernel/errs"
	"linli/internal/kernel/outbox"
	"linli/internal/work/cases"
	"linli/internal/work/notice"
)

// patience is how long a notice is tried; later it would be none any more.
const patience = 48 * time.Hour

// notices opens the ways by which reporters are told of progress.
func (a *App) notices(ctx context.Context) error {
	conf := a.opt.Notices
	texts := map[string]errs.Words{}
	for topic, t := range conf.Texts {
		texts[topic] = errs.Words{ZH: t.ZH, EN: t.EN}
	}
	for _, c := range []struct {
		name  string
		given json.RawMessage
	}{{notice.PhoneChannel, conf.Phone}, {notice.MailChannel, conf.Mail}} {
		way, err := a.way(c.given)
		if err != nil {
			return fmt.Errorf("linli.json, notices: %w", err)
		}
		if way != nil {
			a.sends(outbox.Channel{Name: c.name, Patience: patience, Sender: &notice.Sender{DB: a.DB, People: contacts{a}, Way: way, Texts: notice.DefaultTexts().With(texts), Link: conf.Link,
				City: func() string { return a.Atlas.City().Name }}})
		}
	}
	return a.follows(ctx, "notices", (&notice.Service{DB: a.DB, Cases: tellers{a}}).React)
}

// way is how notices leave: as configured, or to a file in a synthetic city.
func (a *App) way(given json.RawMessage) (notice.Way, error) {
	if len(given) == 0 {
		if !a.Atlas.Synthetic() {
			return nil, nil
		}
		return &notice.File{Path: filepath.Join(a.opt.Data, "notices.jsonl")}, nil
	}
	var by struct {
		By string `json:"by"`
	}
	if err := json.Unmarshal(given, &by); err != nil {
		return nil, err
	}
	read := func(into notice.Way) (notice.Way, error) {
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(given, &fields); err != nil {
			return nil, err
		}
		delete(fields, "by")
		raw, err := json.Marshal(fields)
		if err != nil {
			return nil, err
		}
		d := json.NewDecoder(bytes.NewReader(raw))
		d.DisallowUnknownFields()
		return into, d.Decode(into)
	}
	switch by.By {
	case "file":
		return &notice.File{Path: filepath.Join(a.opt.Data, "notices.jsonl")}, nil
	case "smtp":
		return read(&notice.SMTP{})
	case "http":
		return read(&notice.Gateway{})
	case "aliyun":
		return read(&notice.Aliyun{})
	case "wecom":
		return read(&notice.WeCom{})
	}
	return nil, fmt.Errorf("no way is called %q", by.By)
}

// reach is how somebody with the contact is told, 0 if that way is not open.
func (a *App) reach(contact string) int {
	way := notice.WayOf(contact)
	if name := map[int]string{notice.Phone: notice.PhoneChannel, notice.Mail: notice.MailChannel}[way]; name == "" || !a.Outbox.IsOpen(name) {
		return notice.None
	}
	return way
}

// contacts opens the vault for a notice that leaves now.
type contacts struct{ *App }

func (c contacts) Contact(ctx context.Context, district int, id int64) (string, error) {
	p, err := c.Vault.Hand(ctx, district, id)
	return p.Phone.Plain(), err
}

// tellers answers what a notice needs of a case.
type tellers struct{ *App }

func (t tellers) Told(ctx context.Context, id int64) (notice.Told, error) {
	door := doorCases(t)
	c, _, _, err := t.Cases.ByID(ctx, door.visitor(), id)
	if err != nil {
		return notice.Told{}, err
	}
	told := notice.Told{Number: c.Number, Reporter: c.Reporter}
	if c.Has(cases.FlagErased) {
		told.Reporter = 0
	}
	if o, ok := t.Cases.People.Org(c.Lead); ok {
		told.Unit = o.Name
	}
	return told, nil
}
