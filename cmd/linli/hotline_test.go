package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"linli/internal/app"
	"linli/internal/work/hotline"
)

// TestKill9Hotline: the platform sends orders while the process is killed at any
// moment. Sent again, each is there once, and what was answered before is answered
// with the same words.
func TestKill9Hotline(t *testing.T) {
	t.Parallel()
	dir, community := cityWithPlace(t)
	keys := hotline.Keys{Secrets: []string{"kill-nine-secret-0001"}}
	if err := os.WriteFile(filepath.Join(dir, "linli.json"), []byte(`{"hotline":{"secrets":["`+keys.Secrets[0]+`"]}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	var nonces atomic.Int64
	send := func(url, number string) (int, string, error) {
		body := fmt.Appendf(nil, `{"order_no":%q,"content":"路灯不亮","community":%q}`, number, community)
		req, err := http.NewRequest(http.MethodPost, url+hotline.OrdersPath, bytes.NewReader(body))
		if err != nil {
			return 0, "", err
		}
		at, nonce := strconv.FormatInt(time.Now().Unix(), 10), fmt.Sprintf("kill-nonce-%d", nonces.Add(1))
		req.Header.Set(hotline.HeaderTime, at)
		req.Header.Set(hotline.HeaderNonce, nonce)
		req.Header.Set(hotline.HeaderSignature, keys.Sign(http.MethodPost, hotline.OrdersPath, at, nonce, body))
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return 0, "", err
		}
		defer resp.Body.Close()
		answer, err := io.ReadAll(resp.Body)
		return resp.StatusCode, string(answer), err
	}
	s := startServer(t, dir)
	var mu sync.Mutex
	answers := map[string]string{}
	var sent atomic.Int64
	var clients sync.WaitGroup
	for range 8 {
		clients.Go(func() {
			for {
				number := fmt.Sprintf("K-%d", sent.Add(1))
				status, answer, err := send(s.url, number)
				if err != nil { // it is dead
					return
				}
				if status != http.StatusOK {
					t.Errorf("%s: %d %s", number, status, answer)
					return
				}
				mu.Lock()
				answers[number] = answer
				n := len(answers)
				mu.Unlock()
				if n == 200 {
					s.kill()
				}
			}
		})
	}
	clients.Wait()
	s = startServer(t, dir)
	for i := range sent.Load() {
		number := fmt.Sprintf("K-%d", i+1)
		status, answer, err := send(s.url, number)
		if err != nil || status != http.StatusOK || answers[number] != "" && answer != answers[number] {
			t.Fatalf("%s: %d %v: %s, before it was %s", number, status, err, answer, answers[number])
		}
	}
	s.kill()
	a, err := app.Open(context.Background(), app.At(dir, ""))
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	var orders, cases int64
	if err := a.DB.QueryRow(t.Context(), "SELECT (SELECT COUNT(*) FROM hotline_order), (SELECT COUNT(*) FROM cases WHERE outside_number LIKE 'K-%')").Scan(&orders, &cases); err != nil || orders != sent.Load() || cases != orders {
		t.Errorf("%d sent, %d orders, %d cases: %v", sent.Load(), orders, cases, err)
	}
}
