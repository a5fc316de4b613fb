package notice

import (
	"context"
	"encoding/json"
	"os"
	"sync"

	"linli/internal/kernel/vault"
)

// File writes notices to a file instead of sending them, one JSON object a line,
// for tests and the demo. The receiver is masked.
type File struct {
	Path string
	mu   sync.Mutex
}

// Send implements Way.
func (f *File) Send(_ context.Context, n Notice) (string, error) {
	raw, err := json.Marshal(map[string]string{"id": n.ID, "topic": n.Topic, "to": vault.MaskPhone(n.To), "text": n.Text})
	if err != nil {
		return "", err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	out, err := os.OpenFile(f.Path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return "", err
	}
	if _, err := out.Write(append(raw, '\n')); err != nil {
		out.Close()
		return "", err
	}
	return "", out.Close()
}
