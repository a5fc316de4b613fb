// Package audit is the append-only trail of everything that anybody did.
//
// Each district (0: the city itself) has one chain. An entry's leaf is the
// RFC 6962 record hash of its canonical bytes; the leaves form a Merkle tree
// (golang.org/x/mod/sumdb/tlog), of which the head keeps the right edge, so
// that appending costs a few hashes and needs no other row. The store appends
// entries in the transaction that writes what they record. Heads are signed
// (see Signer) and can be kept by other seats: whoever holds one can prove a
// later edit, deletion, reorder, truncation or back-dating of what it covers.
//
// This package has no database of its own: it computes chains and verifies
// what a Reader gives it.
package audit

import (
	"encoding/binary"
	"errors"

	"golang.org/x/mod/sumdb/tlog"
)

// Entry is one thing that somebody did.
type Entry struct {
	District int      // chain: 6-digit district code, 0 for the city itself
	Actor    int64    // account, 0 for the system
	Post     int64    // post through which it was done, 0 if none
	Action   string   // what was done: "case.dispatch", "account.disable"
	Object   string   // kind of object: "case", "account", "rule" …
	ObjectID int64    // its id
	Seq      int      // the object's version or log number after the act, 0 if it has none
	Detail   []byte   // canonical JSON for readers; no personal data in clear
	Digest   [32]byte // SHA-256 over the rows written, which Verify recomputes
}

// Row is an Entry at its place in the chain.
type Row struct {
	Entry
	Idx int64 // place in the chain, from 0 without gaps
	At  int64 // microseconds UTC; never less than the entry's before it
}

// leaf is the record hash of the row's canonical bytes.
func (r *Row) leaf() tlog.Hash {
	b := make([]byte, 0, 160+len(r.Detail))
	b = binary.BigEndian.AppendUint32(b, uint32(r.District))
	b = binary.BigEndian.AppendUint64(b, uint64(r.Idx))
	b = binary.BigEndian.AppendUint64(b, uint64(r.At))
	b = binary.BigEndian.AppendUint64(b, uint64(r.Actor))
	b = binary.BigEndian.AppendUint64(b, uint64(r.Post))
	b = appendString(b, r.Action)
	b = appendString(b, r.Object)
	b = binary.BigEndian.AppendUint64(b, uint64(r.ObjectID))
	b = binary.BigEndian.AppendUint64(b, uint64(r.Seq))
	b = appendString(b, string(r.Detail))
	b = append(b, r.Digest[:]...)
	return tlog.RecordHash(b)
}

func appendString(b []byte, s string) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(len(s)))
	return append(b, s...)
}

// Chain is the head of one district's chain and can be appended to.
type Chain struct {
	District int
	Size     int64 // number of entries
	At       int64 // time of the last entry, microseconds UTC
	edge     []tlog.Hash
}

// errEdge is a head row whose edge does not fit its size.
var errEdge = errors.New("audit: head is damaged")

// OpenChain makes the chain from its head row; size 0 is an empty chain.
func OpenChain(district int, size, at int64, edge []byte) (*Chain, error) {
	c := &Chain{District: district, Size: size, At: at}
	n := 0
	for s := size; s > 0; s &= s - 1 {
		n++
	}
	if len(edge) != n*tlog.HashSize {
		return nil, errEdge
	}
	for ; len(edge) > 0; edge = edge[tlog.HashSize:] {
		c.edge = append(c.edge, tlog.Hash(edge[:tlog.HashSize]))
	}
	return c, nil
}

// Append places the entry at the end of the chain at the given time, or at the
// last entry's time if the clock went back, and returns its row.
func (c *Chain) Append(e Entry, at int64) Row {
	if at < c.At {
		at = c.At
	}
	r := Row{Entry: e, Idx: c.Size, At: at}
	c.push(r.leaf())
	c.At = at
	return r
}

// push adds a leaf: perfect subtrees of equal size merge, as in a binary counter.
func (c *Chain) push(h tlog.Hash) {
	for s := c.Size; s&1 == 1; s >>= 1 {
		last := len(c.edge) - 1
		h = tlog.NodeHash(c.edge[last], h)
		c.edge = c.edge[:last]
	}
	c.edge = append(c.edge, h)
	c.Size++
}

// Edge is the head's right edge as bytes, for the head row.
func (c *Chain) Edge() []byte {
	b := make([]byte, 0, len(c.edge)*tlog.HashSize)
	for _, h := range c.edge {
		b = append(b, h[:]...)
	}
	return b
}

// Root is the Merkle tree's root (RFC 6962); the zero hash when empty.
func (c *Chain) Root() tlog.Hash {
	if len(c.edge) == 0 {
		return tlog.Hash{}
	}
	h := c.edge[len(c.edge)-1]
	for i := len(c.edge) - 2; i >= 0; i-- {
		h = tlog.NodeHash(c.edge[i], h)
	}
	return h
}
