package offline

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"

	"linli/internal/kernel/access"
	"linli/internal/kernel/audit"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
)

var errExport = errs.Declare("export_unreadable", 422, "这不是本系统手机导出的文件，或文件已损坏。", "This is no export of a phone of this system, or it is damaged.")

// Export is what a phone gives out when it cannot send: everything encrypted with
// a key of its own, and that key sealed to the server.
type Export struct {
	Linli    string        `json:"linli" doc:"sync-export"`
	V        int           `json:"v" doc:"1"`
	Device   string        `json:"device"`
	Account  int64         `json:"account" doc:"whose records they are"`
	Epoch    string        `json:"epoch,omitempty"`
	Key      []byte        `json:"key" doc:"AES-256 key of the rest, sealed to server_key; base64"`
	Commands [][]byte      `json:"commands" doc:"each: nonce (12 bytes) and AES-256-GCM of the command's JSON; base64"`
	Photos   []ExportPhoto `json:"photos,omitempty"`
}

// ExportPhoto is a photo that was not uploaded yet.
type ExportPhoto struct {
	Key  string `json:"key" doc:"the phone's id of it"`
	Name string `json:"name,omitempty"`
	Data []byte `json:"data" doc:"nonce (12 bytes) and AES-256-GCM of the file; base64"`
}

// Recovery is what became of an export.
type Recovery struct {
	Results    []Result
	Photos     int // stored now or before
	Unreadable int // records and photos that the key does not open, or that are no photos
}

// recoverBytes bounds an export.
const recoverBytes = 64 << 20

// Recover opens a phone's export and does its commands as their author's, for a
// person who answers for the author; also if the phone is locked or the account
// disabled. What had come before is a duplicate.
func (s *Service) Recover(ctx context.Context, scope access.Scope, x *Export) (*Recovery, error) {
	id, ok := ParseUUID(x.Device)
	if !ok || x.Linli != "sync-export" || x.V != 1 {
		return nil, errExport.New()
	}
	if !slices.Contains(s.Reached(scope), x.Account) {
		return nil, errs.NotFound.New()
	}
	author, err := s.Author(ctx, x.Account)
	if err != nil {
		return nil, err
	}
	key, err := unseal(s.key, x.Key)
	if err != nil || len(key) != 32 {
		return nil, errExport.New()
	}
	box, err := aead(key)
	if err != nil {
		return nil, err
	}
	open := func(b []byte) ([]byte, bool) {
		if len(b) < nonceLen {
			return nil, false
		}
		text, err := box.Open(nil, b[:nonceLen], b[nonceLen:], nil)
		return text, err == nil
	}
	d, err := s.known(ctx, x.Account, id, "", homeOf(author))
	if err != nil {
		return nil, err
	}
	sum := sha256.New()
	out := &Recovery{}
	var commands []json.RawMessage
	for _, b := range x.Commands {
		sum.Write(b)
		if text, ok := open(b); ok {
			commands = append(commands, text)
		} else {
			out.Unreadable++
		}
	}
	if len(x.Commands) > 0 && len(commands) == 0 {
		return nil, errExport.New()
	}
	leave, err := s.lines.enter(ctx, line{d.Account, d.ID})
	if err != nil {
		return nil, err
	}
	defer leave()
	for part := range slices.Chunk(commands, BatchMost) {
		if err := s.admit(ctx, int64(len(part))); err != nil {
			return nil, err
		}
		w := &work{s: s, d: d, author: author, by: scope.Account()}
		err := w.run(ctx, Batch{Device: id, Commands: part})
		s.gate.Release(int64(len(part)))
		if err != nil {
			return nil, err
		}
		out.Results = append(out.Results, w.results...)
	}
	for _, p := range x.Photos {
		text, ok := open(p.Data)
		if !ok {
			out.Unreadable++
			continue
		}
		switch err := s.Photo(ctx, x.Account, p.Key, p.Name, bytes.NewReader(text)); {
		case err == nil:
			out.Photos++
		case errs.As(err).Kind.Status == 422 || errs.As(err).Kind.Status == 400:
			out.Unreadable++
		default:
			return nil, err
		}
	}
	return out, s.DB.Write(ctx, func(tx *store.Tx) error {
		tx.Record(audit.Entry{Actor: scope.Account(), Post: scope.Post().ID, Action: "device.recover", Object: "account", ObjectID: x.Account,
			Detail: detail("device", id.String(), "commands", strconv.Itoa(len(commands)), "photos", strconv.Itoa(out.Photos), "sha256", hex.EncodeToString(sum.Sum(nil)))})
		return nil
	})
}
