package audit

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Reader is what verification reads through; *store.DB is one.
type Reader interface {
	Query(ctx context.Context, q string, args ...any) (*sql.Rows, error)
	QueryRow(ctx context.Context, q string, args ...any) *sql.Row
}

// Problem is something that does not fit.
type Problem struct {
	District int    `json:"district"`
	Idx      int64  `json:"idx"` // entry, -1 if it is about the whole chain
	Text     string `json:"text"`
}

// Head is a chain's state at some size, as it is signed.
type Head struct {
	District int
	Size     int64
	At       int64 // time of the last entry, microseconds UTC
	Root     tlog.Hash
}

// VerifyChains recomputes every chain and compares it with its head row and
// with the heads that were kept elsewhere. It returns what does not fit.
func VerifyChains(ctx context.Context, r Reader, kept ...Head) ([]Problem, error) {
	heads, err := headRows(ctx, r)
	if err != nil {
		return nil, err
	}
	var problems []Problem
	known := map[int]bool{}
	for _, h := range heads {
		known[h.District] = true
		p, err := verifyChain(ctx, r, h, kept)
		if err != nil {
			return nil, err
		}
		problems = append(problems, p...)
	}
	for _, k := range kept {
		if !known[k.District] {
			problems = append(problems, Problem{k.District, -1, "a signed head exists, but the chain is gone"})
		}
	}
	var stray int
	if err := r.QueryRow(ctx, "SELECT COUNT(*) FROM audit a WHERE NOT EXISTS (SELECT 1 FROM audit_head h WHERE h.district = a.district)").Scan(&stray); err != nil {
		return nil, err
	}
	if stray > 0 {
		problems = append(problems, Problem{-1, -1, fmt.Sprintf("%d entries belong to no chain", stray)})
	}
	return problems, nil
}

type headRow struct {
	District int
	Size, At int64
	Edge     []byte
}

func headRows(ctx context.Context, r Reader) ([]headRow, error) {
	rows, err := r.Query(ctx, "SELECT district, size, at, edge FROM audit_head ORDER BY district")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var heads []headRow
	for rows.Next() {
		var h headRow
		if err := rows.Scan(&h.District, &h.Size, &h.At, &h.Edge); err != nil {
			return nil, err
		}
		heads = append(heads, h)
	}
	return heads, rows.Err()
}

func verifyChain(ctx context.Context, r Reader, head headRow, kept []Head) ([]Problem, error) {
	var problems []Problem
	say := func(idx int64, format string, args ...any) {
		if len(problems) < 100 {
			problems = append(problems, Problem{head.District, idx, fmt.Sprintf(format, args...)})
		}
	}
	roots := map[int64]tlog.Hash{} // sizes at which a kept head must match
	for _, k := range kept {
		if k.District == head.District {
			if other, ok := roots[k.Size]; ok && other != k.Root {
				say(-1, "two signed heads of size %d differ", k.Size)
			}
			roots[k.Size] = k.Root
		}
	}
	rows, err := r.Query(ctx, "SELECT idx, at, actor, post, action, object, object_id, seq, detail, digest FROM audit WHERE district = ? ORDER BY idx", head.District)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	c := &Chain{District: head.District}
	for rows.Next() {
		row := Row{Entry: Entry{District: head.District}}
		var digest []byte
		if err := rows.Scan(&row.Idx, &row.At, &row.Actor, &row.Post, &row.Action, &row.Object, &row.ObjectID, &row.Seq, &row.Detail, &digest); err != nil {
			return nil, err
		}
		copy(row.Digest[:], digest)
		if len(digest) != len(row.Digest) {
			say(row.Idx, "the digest is damaged")
		}
		if row.Idx != c.Size {
			say(row.Idx, "entries are missing: expected number %d", c.Size)
			return problems, nil
		}
		if row.At < c.At {
			say(row.Idx, "dated before the entry that precedes it")
		}
		c.push(row.leaf())
		c.At = max(c.At, row.At)
		if root, ok := roots[c.Size]; ok {
			if root != c.Root() {
				say(row.Idx, "does not match the signed head of size %d: something up to here was changed", c.Size)
			}
			delete(roots, c.Size)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	for size := range roots {
		if size > 0 {
			say(-1, "a signed head has %d entries, the chain only %d: the end was cut off", size, c.Size)
		}
	}
	if c.Size != head.Size {
		say(-1, "the head counts %d entries, the chain has %d", head.Size, c.Size)
	} else if string(c.Edge()) != string(head.Edge) || c.At != head.At {
		say(-1, "the entries do not give the head's hash: at least one was changed")
	}
	return problems, nil
}

// Heads reads the chains' present heads.
func Heads(ctx context.Context, r Reader) ([]Head, error) {
	rows, err := headRows(ctx, r)
	if err != nil {
		return nil, err
	}
	heads := make([]Head, 0, len(rows))
	for _, h := range rows {
		c, err := OpenChain(h.District, h.Size, h.At, h.Edge)
		if err != nil {
			return nil, err
		}
		heads = append(heads, Head{c.District, c.Size, c.At, c.Root()})
	}
	return heads, nil
}

// Signer signs heads with the installation's Ed25519 key as signed notes
// (golang.org/x/mod/sumdb/note), which any seat can check with the public key.
type Signer struct {
	signer   note.Signer
	verifier note.Verifier
	Public   string // verifier key, to be handed to whoever keeps heads
}

// keyName is the signer's name inside the notes.
const keyName = "linli-audit"

// OpenSigner reads the key file audit.key in the folder, or makes it.
func OpenSigner(dir string) (*Signer, error) {
	file := filepath.Join(dir, "audit.key")
	text, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		skey, vkey, err := note.GenerateKey(rand.Reader, keyName)
		if err != nil {
			return nil, err
		}
		text = []byte(skey + "\n" + vkey + "\n")
		if err := os.WriteFile(file, text, 0o600); err != nil {
			return nil, fmt.Errorf("audit: cannot write the key: %w", err)
		}
	} else if err != nil {
		return nil, fmt.Errorf("audit: cannot read the key: %w", err)
	}
	skey, vkey, ok := strings.Cut(strings.TrimSpace(string(text)), "\n")
	if !ok {
		return nil, errors.New("audit: " + file + " is not a key file")
	}
	s := &Signer{Public: vkey}
	if s.signer, err = note.NewSigner(skey); err != nil {
		return nil, fmt.Errorf("audit: %s: %w", file, err)
	}
	if s.verifier, err = note.NewVerifier(vkey); err != nil {
		return nil, fmt.Errorf("audit: %s: %w", file, err)
	}
	return s, nil
}

// Sign returns the head as a signed note.
func (s *Signer) Sign(h Head) (string, error) {
	text := fmt.Sprintf("linli/audit/%06d\n%d\n%d\n%s\n", h.District, h.Size, h.At, h.Root)
	b, err := note.Sign(&note.Note{Text: text}, s.signer)
	return string(b), err
}

// ParseHeads reads signed notes, one after another, and checks the signatures.
func (s *Signer) ParseHeads(text string) ([]Head, error) {
	var heads []Head
	for i, part := range strings.Split(text, "linli/audit/") {
		if i == 0 {
			if strings.TrimSpace(part) != "" {
				return nil, errors.New("audit: not a list of signed heads")
			}
			continue
		}
		n, err := note.Open([]byte("linli/audit/"+strings.TrimRight(part, "\n")+"\n"), note.VerifierList(s.verifier))
		if err != nil {
			return nil, fmt.Errorf("audit: signed head %d: %w", i, err)
		}
		lines := strings.Split(n.Text, "\n")
		if len(lines) < 4 {
			return nil, fmt.Errorf("audit: signed head %d is cut off", i)
		}
		var h Head
		var e1, e2, e3, e4 error
		h.District, e1 = strconv.Atoi(strings.TrimPrefix(lines[0], "linli/audit/"))
		h.Size, e2 = strconv.ParseInt(lines[1], 10, 64)
		h.At, e3 = strconv.ParseInt(lines[2], 10, 64)
		h.Root, e4 = tlog.ParseHash(lines[3])
		if err := errors.Join(e1, e2, e3, e4); err != nil {
			return nil, fmt.Errorf("audit: signed head %d: %w", i, err)
		}
		heads = append(heads, h)
	}
	return heads, nil
}

// RootOf is one hash over all chains: equal before a backup and after its restore.
func RootOf(heads []Head) string {
	h := sha256.New()
	for _, x := range heads {
		fmt.Fprintf(h, "%d %d %s\n", x.District, x.Size, x.Root)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// SortNewestFirst orders rows of several chains by time, newest first.
func SortNewestFirst(rows []Row) {
	slices.SortFunc(rows, func(a, b Row) int {
		return cmp.Or(cmp.Compare(b.At, a.At), cmp.Compare(a.District, b.District), cmp.Compare(b.Idx, a.Idx))
	})
}
