package app_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"linli/internal/app"
	"linli/internal/app/apptest"
	"linli/internal/kernel/access"
)

// TestFullDisk: on a full disk reports and uploads are refused in words, nothing
// is half-written, reading goes on, and with space everything works again. Files
// leave the last 200 MB to the cases.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=280m"); err != nil {
		t.Skipf("no small disk can be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(disk, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	dir := filepath.Join(disk, "data")
	if err := os.CopyFS(dir, os.DirFS(apptest.Folder(t))); err != nil {
		t.Fatal(err)
	}
	c := apptest.Start(t, app.At(dir, ""))
	w := c.World()
	desk := c.Hire(access.Post{Role: "district_desk", Region: w.Target.District})
	before := desk.Report(apptest.M{"text": "空间充足", "place": spot(w.Target)})

	stuffing := filepath.Join(disk, "stuffing")
	f, err := os.Create(stuffing)
	if err != nil {
		t.Fatal(err)
	}
	for block := make([]byte, 1<<20); ; {
		if _, err := f.Write(block); err != nil {
			if len(block) == 1 {
				break
			}
			block = block[:max(1, len(block)/4)]
		}
	}
	if err := f.Close(); err != nil && !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}

	refused, taken := 0, map[int64]bool{before.ID: true}
	for range 200 { // what the log still has room for is taken
		a := desk.Do("POST", "/api/v1/cases", apptest.M{"text": "空间已满", "place": spot(w.Target)})
		if a.Status == 201 {
			var made apptest.Case
			a.Into(&made)
			taken[made.ID] = true
			continue
		}
		polite(t, "full disk", "zh", a, 503, "storage_full")
		if refused++; refused == 5 {
			break
		}
	}
	if refused == 0 {
		t.Error("a full disk refuses nothing")
	}
	if a := desk.Do("POST", "/api/v1/files/", nil, "Tus-Resumable", "1.0.0", "Upload-Length", "5000000"); a.Status != 507 || a.Problem().Code != "photo_storage_full" {
		t.Errorf("an upload: %d %s", a.Status, a.Body)
	}
	desk.Do("GET", fmt.Sprintf("/api/v1/cases/%d", before.ID), nil).Want(200)

	if err := os.Remove(stuffing); err != nil {
		t.Fatal(err)
	}
	var after apptest.Case
	if !within(10*time.Second, func() bool {
		a := desk.Do("POST", "/api/v1/cases", apptest.M{"text": "又有空间", "place": spot(w.Target)})
		if a.Status == 201 {
			a.Into(&after)
		}
		return a.Status == 201
	}) {
		t.Fatal("it does not recover when there is space again")
	}
	taken[after.ID] = true
	desk.Photo("现场.jpg")
	rows, log := 0, 0
	if err := c.DB.QueryRow(t.Context(), "SELECT (SELECT count(*) FROM cases), (SELECT count(*) FROM case_log)").Scan(&rows, &log); err != nil || rows != len(taken) || log != rows {
		t.Errorf("%d cases and %d log rows for %d acknowledged: %v", rows, log, len(taken), err)
	}
	proof, err := c.Verify(t.Context())
	if err != nil || !proof.OK {
		t.Errorf("%v %+v", err, proof)
	}
	t.Logf("%d taken, %d refused", len(taken), refused)
}

// TestNothingIsLeft: the program ends with all that it started. It is alone in
// the process while it runs, so it is not parallel.
func TestNothingIsLeft(t *testing.T) {
	cycle := func() {
		c := apptest.SQLite(t)
		w := c.World()
		desk := c.Hire(access.Post{Role: "district_desk", Region: w.Target.District})
		events := desk.Watch()
		desk.Report(apptest.M{"text": "路灯不亮", "place": spot(w.Target), "files": []int64{desk.Photo("现场.jpg")}})
		<-events
		c.Stop()
		for range events { // the stream ends with the program
		}
		apptest.Idle()
	}
	cycle() // what is made once for the process stays
	var before, after int
	within(5*time.Second, func() bool { n := runtime.NumGoroutine(); same := n == before; before = n; return same })
	cycle()
	cycle()
	if !within(8*time.Second, func() bool { after = runtime.NumGoroutine(); return after <= before }) { // tusd looks after its locks for some seconds
		var all bytes.Buffer
		buf := make([]byte, 1<<20)
		all.Write(buf[:runtime.Stack(buf, true)])
		t.Errorf("%d goroutines before, %d after:\n%s", before, after, &all)
	}
}
