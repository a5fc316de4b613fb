// Package vault keeps personal fields: who reported, and how to reach them.
//
// Fields are sealed with AES-256-GCM (Tink), bound to district, record and
// field, so that no ciphertext can be moved to another row. A phone number is
// found again through a keyed index (HMAC-SHA-256 under its own key). Pages get
// masks; the clear text comes out only through Reveal, one record at a time,
// with a purpose, within a rate, and on the audit chain. The clear types print
// a mask wherever they are printed, logged or marshalled.
//
// Keys live in vault.key in the data folder (0600), apart from the database.
// Rotation: `RotateKey` adds a new main key, restart every process with the new
// file, `Reseal` moves the rows, `RetireKeys` drops the old keys – after which
// older backups of the rows can no longer be read.
package vault
