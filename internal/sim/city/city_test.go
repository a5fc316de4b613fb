package city

import (
	"crypto/sha256"
	"encoding/json"
	"testing"
)

func digest(t *testing.T, c *City) [32]byte {
	t.Helper()
	b, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return sha256.Sum256(b)
}

func TestSameSeedSameCity(t *testing.T) {
	t.Parallel()
	o := Options{Seed: 7, Scale: 0.05}
	if digest(t, Generate(o)) != digest(t, Generate(o)) {
		t.Error("two runs with one seed differ")
	}
	if digest(t, Generate(o)) == digest(t, Generate(Options{Seed: 8, Scale: 0.05})) {
		t.Error("two seeds gave the same city")
	}
}
