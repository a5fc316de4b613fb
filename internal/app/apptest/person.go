package apptest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"net/http"
	"path"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Person is somebody who calls the API.
type Person struct {
	*City
	Account int64
	Token   string
	t       testing.TB
}

// For is the same person, whose failures end the (sub)test t.
func (p *Person) For(t testing.TB) *Person { q := *p; q.t = t; return &q }

// Answer is what came back.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
	t      testing.TB
	what   string
}

var client = &http.Client{
	Transport:     &http.Transport{MaxIdleConnsPerHost: 64},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// Idle closes connections that wait for another request.
func Idle() { client.CloseIdleConnections() }

// Do sends a request; body is nil, bytes or string as they are, or anything
// that becomes JSON. Headers alternate name and value.
func (p *Person) Do(method, path string, body any, headers ...string) *Answer {
	p.t.Helper()
	a, err := p.Try(context.Background(), method, path, body, headers...)
	if err != nil {
		p.t.Fatalf("%s %s: %v", method, path, err)
	}
	return a
}

// Try is Do that returns what went wrong on the wire.
func (p *Person) Try(ctx context.Context, method, path string, body any, headers ...string) (*Answer, error) {
	resp, err := p.send(ctx, method, path, body, headers...)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	a := &Answer{Status: resp.StatusCode, Header: resp.Header, t: p.t, what: method + " " + path}
	if a.Body, err = io.ReadAll(resp.Body); err == nil {
		p.doc().holds(p.t, method, path, a)
	}
	return a, err
}

// Head sends a request and reads only the head of the answer: for streams.
func (p *Person) Head(method, path string, body any, headers ...string) *Answer {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	resp, err := p.send(ctx, method, path, body, headers...)
	if err != nil {
		p.t.Fatalf("%s %s: %v", method, path, err)
	}
	cancel()
	resp.Body.Close()
	return &Answer{Status: resp.StatusCode, Header: resp.Header, t: p.t, what: method + " " + path}
}

// Watch follows the live changes of cases until the test ends; each event's
// data comes out of the channel, which is closed when the stream ends.
func (p *Person) Watch() <-chan Case {
	p.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	p.t.Cleanup(cancel)
	resp, err := p.send(ctx, "GET", "/api/v1/cases/stream", nil)
	if err != nil || resp.StatusCode != http.StatusOK {
		p.t.Fatalf("stream: %v %+v", err, resp)
	}
	out := make(chan Case, 100)
	go func() {
		defer close(out)
		defer resp.Body.Close()
		lines := bufio.NewScanner(resp.Body)
		for lines.Scan() {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				var c Case
				if json.Unmarshal([]byte(data), &c) == nil {
					out <- c
				}
			}
		}
	}()
	return out
}

func (p *Person) send(ctx context.Context, method, path string, body any, headers ...string) (*http.Response, error) {
	var rd io.Reader
	switch b := body.(type) {
	case nil:
	case []byte:
		rd = bytes.NewReader(b)
	case string:
		rd = strings.NewReader(b)
	case io.Reader:
		rd = b
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			return nil, err
		}
		rd = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, method, p.URL+path, rd)
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if p.Token != "" {
		req.Header.Set("Authorization", "Bearer "+p.Token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	return client.Do(req)
}

// Want ends the test unless the status is as wanted.
func (a *Answer) Want(status int) *Answer {
	a.t.Helper()
	if a.Status != status {
		a.t.Fatalf("%s: %d, want %d: %.800s", a.what, a.Status, status, a.Body)
	}
	return a
}

// Fails fails the test unless the answer is that error.
func (a *Answer) Fails(status int, code string) {
	a.t.Helper()
	if a.Status != status || a.Problem().Code != code {
		a.t.Errorf("%s: %d %s, want %d %s: %.400s", a.what, a.Status, a.Problem().Code, status, code, a.Body)
	}
}

// Into decodes the JSON body.
func (a *Answer) Into(v any) *Answer {
	a.t.Helper()
	if err := json.Unmarshal(a.Body, v); err != nil {
		a.t.Fatalf("%s: %v in %.400s", a.what, err, a.Body)
	}
	return a
}

// Problem is an error answer.
type Problem struct {
	Status int
	Title  string
	Code   string
	Detail string
	Field  string
	Params map[string]any
	Errors []struct{ Field, Code, Detail string }
	ID     string `json:"request_id"`
}

// Problem decodes the body as a problem; Code is "" if it is none.
func (a *Answer) Problem() Problem {
	var p Problem
	if strings.HasPrefix(a.Header.Get("Content-Type"), "application/problem+json") {
		_ = json.Unmarshal(a.Body, &p)
	}
	return p
}

// M is a JSON object.
type M = map[string]any

// Case is what tests look at of a case.
type Case struct {
	ID         int64
	Number     string
	Version    int
	Status     string
	Flags      []string
	Pending    []string
	Supporters int
	Returns    int
	Redos      int
	Warning    string
	Lead       *struct{ ID int64 }
	Clock      struct{ State, DueAt, Reason string }
}

// Page is what tests look at of a case's page.
type Page struct {
	Case     Case
	Timeline []struct {
		Seq              int
		Action, From, To string
		Actor            *struct{ ID int64 }
	}
	Requests []struct {
		ID                     int64
		Kind, Status, Approver string
	}
	Links []struct {
		Relation string
		Case     Case
	}
	Files   []struct{ ID int64 }
	Actions []struct {
		Action  string
		Allowed bool
		Why     string
	}
	Raw []byte `json:"-"`
}

// Report reports a case.
func (p *Person) Report(body M, headers ...string) Case {
	p.t.Helper()
	var c Case
	p.Do("POST", "/api/v1/cases", body, headers...).Want(201).Into(&c)
	return c
}

// Page reads a case's page.
func (p *Person) Page(id int64) Page {
	p.t.Helper()
	var g Page
	a := p.Do("GET", fmt.Sprintf("/api/v1/cases/%d", id), nil).Want(200).Into(&g)
	g.Raw = a.Body
	return g
}

// Act does an action on a case at its present version and wants it to work.
func (p *Person) Act(id int64, action string, fields M) Page {
	p.t.Helper()
	var g Page
	p.TryAct(id, action, fields).Want(200).Into(&g)
	return g
}

// TryAct does an action on a case at its present version, or the one given.
func (p *Person) TryAct(id int64, action string, fields M) *Answer {
	p.t.Helper()
	body := M{"action": action}
	for k, v := range fields {
		body[k] = v
	}
	if body["version"] == nil {
		body["version"] = p.Version(id)
	}
	return p.Do("POST", fmt.Sprintf("/api/v1/cases/%d/actions", id), body)
}

// Version is the case's present version, read behind everybody's back.
func (c *City) Version(id int64) int {
	c.t.Helper()
	x, _, _, err := c.Cases.ByID(context.Background(), Everything, id)
	if err != nil {
		c.t.Fatal(err)
	}
	return x.Version
}

// Photo uploads a small picture through tus and returns its id.
func (p *Person) Photo(name string) int64 {
	p.t.Helper()
	raw := Picture()
	loc := p.Upload(len(raw), name)
	p.Do("PATCH", loc, raw[:len(raw)/2], "Tus-Resumable", "1.0.0", "Upload-Offset", "0", "Content-Type", "application/offset+octet-stream").Want(204)
	p.Do("PATCH", loc, raw[len(raw)/2:], "Tus-Resumable", "1.0.0", "Upload-Offset", strconv.Itoa(len(raw)/2), "Content-Type", "application/offset+octet-stream").Want(204)
	id, err := strconv.ParseInt(path.Base(loc), 10, 64)
	if err != nil {
		p.t.Fatalf("upload at %q: %v", loc, err)
	}
	return id
}

// Upload begins an upload and returns its path.
func (p *Person) Upload(size int, name string) string {
	p.t.Helper()
	a := p.Do("POST", "/api/v1/files/", nil, "Tus-Resumable", "1.0.0", "Upload-Length", strconv.Itoa(size),
		"Upload-Metadata", "filename "+base64.StdEncoding.EncodeToString([]byte(name))+",filetype "+base64.StdEncoding.EncodeToString([]byte("image/jpeg")))
	a.Want(201)
	loc := a.Header.Get("Location")
	if i := strings.Index(loc, "/api/"); i > 0 {
		loc = loc[i:]
	}
	return loc
}

// Picture is a small JPEG.
func Picture() []byte {
	im := image.NewRGBA(image.Rect(0, 0, 64, 48))
	for x := range 64 {
		for y := range 48 {
			im.SetRGBA(x, y, color.RGBA{uint8(x * 4), uint8(y * 5), 90, 255})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, im, nil); err != nil {
		panic(err) // drawing in memory cannot fail
	}
	return b.Bytes()
}
