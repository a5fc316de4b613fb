package vault

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/prf"
	"github.com/tink-crypto/tink-go/v2/tink"

	"linli/internal/kernel/errs"
)

// KeyFile is the name of the key file in the data folder.
const KeyFile = "vault.key"

// What a start may find wrong with the keys.
var (
	KeyMissing = errs.Declare("vault_key_missing", 503, "数据目录中没有密钥文件 {file},而数据库中已有加密的个人信息。请从备份中放回该文件后再启动。",
		"The key file {file} is not in the data folder, but the database holds sealed personal data. Put the file back from your backup and start again.")
	KeyWrong = errs.Declare("vault_key_wrong", 503, "密钥文件 {file} 不属于此数据库或已损坏。请放回与数据库一同备份的密钥文件。",
		"The key file {file} does not belong to this database or is damaged. Put back the one that was kept with this database.")
)

// keys are the keysets in use.
type keys struct {
	fields, index     *keyset.Handle
	aead              tink.AEAD
	prfs              *prf.Set
	fieldsID, indexID uint32
}

// keyFile is the file's form: two Tink keysets in the clear.
type keyFile struct {
	About  string          `json:"about"`
	Fields json.RawMessage `json:"fields"`
	Index  json.RawMessage `json:"index"`
}

const about = "Linli vault keys, version 1. Secret: whoever has this file and the database reads all personal data. Keep a copy apart from the database's backups."

func newKeys() (*keys, error) {
	fields, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, err
	}
	index, err := keyset.NewHandle(prf.HMACSHA256PRFKeyTemplate())
	if err != nil {
		return nil, err
	}
	return openKeys(fields, index)
}

func openKeys(fields, index *keyset.Handle) (*keys, error) {
	k := &keys{fields: fields, index: index}
	var err error
	if k.aead, err = aead.New(fields); err != nil {
		return nil, err
	}
	if k.prfs, err = prf.NewPRFSet(index); err != nil {
		return nil, err
	}
	k.fieldsID = fields.KeysetInfo().GetPrimaryKeyId()
	k.indexID = index.KeysetInfo().GetPrimaryKeyId()
	return k, nil
}

func parseKeys(raw []byte) (*keys, error) {
	var f keyFile
	if err := json.Unmarshal(raw, &f); err != nil {
		return nil, errors.New("not a key file") // the cause could quote the file
	}
	read := func(b []byte) (*keyset.Handle, error) {
		return insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(b)))
	}
	fields, err := read(f.Fields)
	if err != nil {
		return nil, errors.New("not a keyset")
	}
	index, err := read(f.Index)
	if err != nil {
		return nil, errors.New("not a keyset")
	}
	return openKeys(fields, index)
}

func (k *keys) marshal() ([]byte, error) {
	out := func(h *keyset.Handle) (json.RawMessage, error) {
		var b bytes.Buffer
		err := insecurecleartextkeyset.Write(h, keyset.NewJSONWriter(&b))
		return b.Bytes(), err
	}
	f := keyFile{About: about}
	var err error
	if f.Fields, err = out(k.fields); err != nil {
		return nil, err
	}
	if f.Index, err = out(k.index); err != nil {
		return nil, err
	}
	raw, err := json.MarshalIndent(f, "", " ")
	return append(raw, '\n'), err
}

// readKeys reads the key file; fs.ErrNotExist if there is none.
func readKeys(dir string) (*keys, error) {
	path := filepath.Join(dir, KeyFile)
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if st, err := os.Stat(path); err == nil && st.Mode().Perm()&0o077 != 0 {
		slog.Warn("vault: other users of this machine can read the key file; its mode should be 0600")
	}
	k, err := parseKeys(raw)
	if err != nil {
		return nil, KeyWrong.New("file", KeyFile).Because(err)
	}
	return k, nil
}

// writeKeys writes the key file durably. With fresh set it never replaces a
// file that is there: fs.ErrExist.
func writeKeys(dir string, k *keys, fresh bool) (err error) {
	raw, err := k.marshal()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".vault-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(raw)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return err
	}
	path := filepath.Join(dir, KeyFile)
	if fresh {
		err = os.Link(f.Name(), path)
	} else {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// RotateKey adds new main keys to the key file and keeps the old ones for
// reading. Every process must be restarted with the new file before Reseal.
func RotateKey(dir string) error {
	k, err := readKeys(dir)
	if err != nil {
		return err
	}
	add := func(h *keyset.Handle, fields bool) (*keyset.Handle, error) {
		m := keyset.NewManagerFromHandle(h)
		t := prf.HMACSHA256PRFKeyTemplate()
		if fields {
			t = aead.AES256GCMKeyTemplate()
		}
		id, err := m.Add(t)
		if err != nil {
			return nil, err
		}
		if err := m.SetPrimary(id); err != nil {
			return nil, err
		}
		return m.Handle()
	}
	fields, err := add(k.fields, true)
	if err != nil {
		return err
	}
	index, err := add(k.index, false)
	if err != nil {
		return err
	}
	if k, err = openKeys(fields, index); err != nil {
		return err
	}
	return writeKeys(dir, k, false)
}

// retire drops all keys but the main ones.
func (k *keys) retire() (*keys, error) {
	drop := func(h *keyset.Handle) (*keyset.Handle, error) {
		m := keyset.NewManagerFromHandle(h)
		info := h.KeysetInfo()
		for _, key := range info.GetKeyInfo() {
			if key.GetKeyId() != info.GetPrimaryKeyId() {
				if err := m.Delete(key.GetKeyId()); err != nil {
					return nil, err
				}
			}
		}
		return m.Handle()
	}
	fields, err := drop(k.fields)
	if err != nil {
		return nil, err
	}
	index, err := drop(k.index)
	if err != nil {
		return nil, err
	}
	return openKeys(fields, index)
}

// seal encrypts one field; nothing stays nothing.
func (k *keys) seal(text string, ad []byte) ([]byte, error) {
	if text == "" {
		return nil, nil
	}
	return k.aead.Encrypt([]byte(text), ad)
}

func (k *keys) open(sealed, ad []byte) (string, error) {
	if len(sealed) == 0 {
		return "", nil
	}
	b, err := k.aead.Decrypt(sealed, ad)
	if err != nil {
		return "", fmt.Errorf("vault: a sealed field cannot be opened: %w", err)
	}
	return string(b), nil
}

// indexes are the keyed indexes of a text: the main key's first.
func (k *keys) indexes(text string) ([][]byte, error) {
	main, err := k.prfs.ComputePrimaryPRF([]byte(text), indexLen)
	if err != nil {
		return nil, err
	}
	all := [][]byte{main}
	for id, p := range k.prfs.PRFs {
		if id != k.indexID {
			b, err := p.ComputePRF([]byte(text), indexLen)
			if err != nil {
				return nil, err
			}
			all = append(all, b)
		}
	}
	return all, nil
}

const indexLen = 16

// load opens the key file or, for a database that has none yet, makes it.
func load(dir string, have bool) (*keys, error) {
	k, err := readKeys(dir)
	if !errors.Is(err, fs.ErrNotExist) {
		return k, err
	}
	if have {
		return nil, KeyMissing.New("file", KeyFile)
	}
	if k, err = newKeys(); err != nil {
		return nil, err
	}
	if err := writeKeys(dir, k, true); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("vault: cannot write the key file: %w", err)
	}
	return readKeys(dir) // another process may have been first
}
