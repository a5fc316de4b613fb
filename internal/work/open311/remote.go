package open311

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"linli/internal/kernel/audit"
	"linli/internal/kernel/config"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/outbox"
	"linli/internal/kernel/store"
)

// ChannelName is the outbox's channel to outside systems that handle cases for a
// unit: what could not be handed over is listed there, and tried again.
const ChannelName = "open311"

// handing are the acts by which a case comes to a unit.
var handing = []string{"case.dispatch", "case.direct", "case.return_decided", "case.redo", "case.reopen"}

// React hands a case over when it comes to a unit that has an outside system.
func (r *Room) React(ctx context.Context, entries []audit.Row) (func(*store.Tx) error, error) {
	if len(r.Config.Remotes) == 0 {
		return nil, nil
	}
	var out []outbox.Message
	for _, e := range entries {
		if !slices.Contains(handing, e.Action) {
			continue
		}
		h, err := r.Cases.Handed(ctx, e.District, e.ObjectID)
		if err != nil {
			return nil, err
		}
		for _, remote := range r.Config.Remotes {
			_, orgs, err := r.Unit(remote.Account)
			if err != nil || !slices.Contains(orgs, h.Lead) || theirService(remote, h.Code) == "" {
				continue // a unit without account here gets nothing
			}
			out = append(out, outbox.Message{District: e.District, Channel: ChannelName, Topic: remote.Name, Object: e.ObjectID, Once: remote.Name + " " + strconv.FormatInt(e.ObjectID, 10)})
		}
	}
	if len(out) == 0 {
		return nil, nil
	}
	return func(tx *store.Tx) error {
		for _, m := range out {
			if err := outbox.Put(tx, m); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

func theirService(remote config.Open311Remote, code string) string {
	if s, ok := remote.Services[code]; ok {
		return s
	}
	return remote.Services["*"]
}

// Send hands a case over and returns its id there. No personal data goes with it.
func (r *Room) Send(ctx context.Context, m outbox.Message) (string, error) {
	i := slices.IndexFunc(r.Config.Remotes, func(x config.Open311Remote) bool { return x.Name == m.Topic })
	if i < 0 {
		return "", outbox.Never(fmt.Errorf("open311: linli.json names no remote %q", m.Topic))
	}
	remote := r.Config.Remotes[i]
	var theirs string
	err := r.DB.QueryRow(ctx, "SELECT theirs FROM open311_link WHERE district = ? AND case_id = ? AND remote = ?", m.District, m.Object, remote.Name).Scan(&theirs)
	if err == nil || !errors.Is(err, sql.ErrNoRows) {
		return theirs, err
	}
	h, err := r.Cases.Handed(ctx, m.District, m.Object)
	if err != nil {
		return "", err
	}
	mark := "[" + h.Number + "]"
	if m.Attempt > 1 { // an earlier answer may have been lost: it is looked for before it is sent again
		if theirs, err = r.lookAt(ctx, remote, mark, m.MadeAt); err != nil {
			return "", err
		}
	}
	if theirs == "" {
		form := url.Values{"api_key": {remote.Key}, "service_code": {theirService(remote, h.Code)}, "description": {cut(mark+" "+h.Text, 4000)}, "address_string": {h.Address}}
		if h.Lon != 0 || h.Lat != 0 {
			form.Set("long", strconv.FormatFloat(h.Lon, 'f', 6, 64))
			form.Set("lat", strconv.FormatFloat(h.Lat, 'f', 6, 64))
		}
		var made []struct {
			ID    string `json:"service_request_id"`
			Token string `json:"token"`
		}
		if err := r.ask(ctx, remote, "POST", "/requests.json", form, h.Number, &made); err != nil {
			return "", err
		}
		if len(made) == 0 || made[0].ID == "" {
			return "", errors.New("open311: the answer has no service_request_id")
		}
		theirs = made[0].ID
	}
	return theirs, r.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec("INSERT INTO open311_link (district, case_id, remote, theirs, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", m.District, m.Object, remote.Name, theirs, tx.Now())
		return err
	})
}

// lookAt finds the request that carries our mark.
func (r *Room) lookAt(ctx context.Context, remote config.Open311Remote, mark string, since int64) (string, error) {
	var list []struct {
		ID          string `json:"service_request_id"`
		Description string `json:"description"`
	}
	q := url.Values{"api_key": {remote.Key}, "start_date": {time.UnixMicro(since).UTC().Format(time.RFC3339)}}
	if err := r.ask(ctx, remote, "GET", "/requests.json", q, "", &list); err != nil {
		return "", err
	}
	for _, x := range list {
		if strings.HasPrefix(x.Description, mark) {
			return x.ID, nil
		}
	}
	return "", nil
}

// Poll reads what the outside systems say about our cases and does it, each once,
// as far as the unit may. What cannot be read is tried again with the next round.
func (r *Room) Poll(ctx context.Context) error {
	var all error
	for _, remote := range r.Config.Remotes {
		if err := r.follow(ctx, remote); err != nil {
			all = errors.Join(all, fmt.Errorf("open311: %s: %w", remote.Name, err), r.failed(ctx, remote.Name, err))
		}
	}
	return all
}

// failed keeps why a remote could not be asked, until it can.
func (r *Room) failed(ctx context.Context, name string, why error) error {
	return r.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec("INSERT INTO open311_remote (district, name, read_to, polled_at, error) VALUES (0, ?, ?, ?, ?) ON CONFLICT (district, name) DO UPDATE SET error = excluded.error",
			name, tx.Now()-24*time.Hour.Microseconds(), tx.Now(), cut(why.Error(), 200))
		return err
	})
}

// overlap is asked for again each time: clocks differ, and updates arrive late.
const overlap = 10 * time.Minute

func (r *Room) follow(ctx context.Context, remote config.Open311Remote) error {
	scope, _, err := r.Unit(remote.Account)
	if err != nil {
		return err
	}
	now := r.DB.NowIn(ctx)
	from := now - 24*time.Hour.Microseconds()
	if err := r.DB.QueryRow(ctx, "SELECT read_to FROM open311_remote WHERE district = 0 AND name = ?", remote.Name).Scan(&from); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	var list []struct {
		ID     string `json:"update_id"`
		Theirs string `json:"service_request_id"`
		Status string `json:"status"`
		Text   string `json:"description"`
	}
	day := func(t int64) []string { return []string{time.UnixMicro(t).UTC().Format(time.RFC3339)} }
	q := url.Values{"api_key": {remote.Key}, "start_date": day(from - overlap.Microseconds()), "end_date": day(now + overlap.Microseconds())}
	if err := r.ask(ctx, remote, "GET", "/servicerequestupdates.json", q, "", &list); err != nil {
		return err
	}
	for _, u := range list {
		var district int
		var id int64
		err := r.DB.QueryRow(ctx, "SELECT district, case_id FROM open311_link WHERE remote = ? AND theirs = ?", remote.Name, u.Theirs).Scan(&district, &id)
		if errors.Is(err, sql.ErrNoRows) { // not of ours
			continue
		}
		if err != nil {
			return err
		}
		h, err := r.Cases.Handed(ctx, district, id)
		if err != nil {
			return err
		}
		in := incoming{source: "remote:" + remote.Name, id: cut(u.ID, 100), number: h.Number, status: strings.ToUpper(u.Status), text: cut(u.Text, maxUpdate)}
		if in.id == "" || !slices.Contains(statuses, in.status) {
			continue
		}
		// A case that the unit gave back is no longer its to speak of.
		if _, err := r.apply(ctx, scope, district, in); err != nil && !errs.Is(err, errs.NotFound) && !refused(err) {
			return err
		}
	}
	return r.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec("INSERT INTO open311_remote (district, name, read_to, polled_at, error) VALUES (0, ?, ?, ?, '') ON CONFLICT (district, name) DO UPDATE SET read_to = excluded.read_to, polled_at = excluded.polled_at, error = ''",
			remote.Name, now, now)
		return err
	})
}

// remotes is how outside systems are called; where to is the operator's word alone.
var remotes = &http.Client{Timeout: 15 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

// maxAnswer bounds what an outside system may answer.
const maxAnswer = 8 << 20

func (r *Room) ask(ctx context.Context, remote config.Open311Remote, method, path string, form url.Values, once string, into any) error {
	if remote.Jurisdiction != "" {
		form.Set("jurisdiction_id", remote.Jurisdiction)
	}
	target, body := strings.TrimSuffix(remote.URL, "/")+path, io.Reader(nil)
	if method == http.MethodGet {
		target += "?" + form.Encode()
	} else {
		body = strings.NewReader(form.Encode())
	}
	req, err := http.NewRequestWithContext(ctx, method, target, body)
	if err != nil {
		return err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	}
	if once != "" {
		req.Header.Set("Idempotency-Key", once)
	}
	res, err := remotes.Do(req)
	if err != nil {
		return errors.New("open311: no answer") // the error would name the key
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return err
	}
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("open311: answered %d: %s", res.StatusCode, cut(string(text), 200))
	}
	return json.Unmarshal(text, into)
}
