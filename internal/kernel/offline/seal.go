package offline

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// KeyFile is the name of the server's key in the data folder: whoever has it
// opens what phones sealed.
const KeyFile = "sync.key"

// A sealed text is
//
//	"LNL1" | ephemeral public key (65 bytes, uncompressed P-256) | nonce (12) | AES-256-GCM ciphertext
//
// with the key HKDF-SHA-256(ECDH, salt = ephemeral public | server public, info = sealInfo):
// all of it is in every browser's WebCrypto.
const (
	sealMark = "LNL1"
	sealInfo = "linli sync 1"
	pointLen = 65
	nonceLen = 12
)

var errSealed = errors.New("offline: the sealed text cannot be opened with this server's key")

// openKey reads the key; it is made at the first start.
func openKey(dir string) (*ecdh.PrivateKey, error) {
	file := filepath.Join(dir, KeyFile)
	raw, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		k, err := ecdh.P256().GenerateKey(rand.Reader)
		if err != nil {
			return nil, err
		}
		der, err := x509.MarshalPKCS8PrivateKey(k)
		if err != nil {
			return nil, err
		}
		return k, writeNew(file, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	}
	if err != nil {
		return nil, err
	}
	if b, _ := pem.Decode(raw); b != nil {
		if k, err := x509.ParsePKCS8PrivateKey(b.Bytes); err == nil {
			if e, ok := k.(interface {
				ECDH() (*ecdh.PrivateKey, error)
			}); ok {
				return e.ECDH()
			}
		}
	}
	return nil, fmt.Errorf("offline: %s is damaged; put back the one of your backup", KeyFile)
}

// writeNew writes a secret file durably.
func writeNew(file string, body []byte) error {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(body)
	return errors.Join(err, f.Sync(), f.Close())
}

// Seal encrypts the text so that only the holder of the server's key reads it.
func Seal(server *ecdh.PublicKey, text []byte) ([]byte, error) {
	own, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	box, err := boxOf(own, server, own.PublicKey().Bytes(), server.Bytes())
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, nonceLen)
	if _, err := rand.Read(nonce); err != nil {
		return nil, err
	}
	out := append([]byte(sealMark), own.PublicKey().Bytes()...)
	out = append(out, nonce...)
	return box.Seal(out, nonce, text, nil), nil
}

// unseal is the text that was sealed to the key.
func unseal(key *ecdh.PrivateKey, sealed []byte) ([]byte, error) {
	head := len(sealMark) + pointLen
	if len(sealed) < head+nonceLen || string(sealed[:len(sealMark)]) != sealMark {
		return nil, errSealed
	}
	from, err := ecdh.P256().NewPublicKey(sealed[len(sealMark):head])
	if err != nil {
		return nil, errSealed
	}
	box, err := boxOf(key, from, from.Bytes(), key.PublicKey().Bytes())
	if err != nil {
		return nil, err
	}
	text, err := box.Open(nil, sealed[head:head+nonceLen], sealed[head+nonceLen:], nil)
	if err != nil {
		return nil, errSealed
	}
	return text, nil
}

func boxOf(own *ecdh.PrivateKey, other *ecdh.PublicKey, ephemeral, server []byte) (cipher.AEAD, error) {
	shared, err := own.ECDH(other)
	if err != nil {
		return nil, err
	}
	key, err := hkdf.Key(sha256.New, shared, append(append([]byte{}, ephemeral...), server...), sealInfo, 32)
	if err != nil {
		return nil, err
	}
	return aead(key)
}

func aead(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
