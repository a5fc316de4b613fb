package vault

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
	"linli/internal/kernel/store/storetest"
)

const district = 990101

func open(t testing.TB, db *store.DB, dir string) *Vault {
	t.Helper()
	v, err := New(context.Background(), db, dir)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func keep(t testing.TB, db *store.DB, v *Vault, id int64, name, phone, contact string) {
	t.Helper()
	rec, err := v.Seal(Person{District: district, ID: id, Kind: "reporter", Name: Hide(name), Phone: Hide(phone), Contact: Hide(contact)})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Write(context.Background(), func(tx *store.Tx) error { rec.Append(tx); return nil }); err != nil {
		t.Fatal(err)
	}
}

func TestMasks(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"": "", "王": "*", "王五": "王*", "王小五": "王**", "欧阳小五": "欧**", " 王五 ": "王*", "John Smith": "J**"} {
		if got := MaskName(in); got != want {
			t.Errorf("name %q: %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{
		"": "", "13800001234": "138****1234", "+86 138 0000 1234": "138****1234", "138-0000-1234": "138****1234",
		"\uFF11\uFF13\uFF18\uFF10\uFF10\uFF10\uFF10\uFF11\uFF12\uFF13\uFF14": "138****1234",
		"0716-8123456": "0716-****456", "010-88123456": "010-****3456", "8123456": "****456", "95598": "***98", "110": "***",
		"wang@example.org": "w***@example.org", "不详": "**", "+1 202 555 0123 44": "120*******344",
	} {
		if got := MaskPhone(in); got != want {
			t.Errorf("phone %q: %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{"": "", "wang@example.org": "w***@example.org", "wx_wang": "w***", "微信 13800001234": "138****1234"} {
		if got := MaskContact(in); got != want {
			t.Errorf("contact %q: %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{
		"回访 13800001234 王女士": "回访 138******34 王女士", "3号楼502": "3号楼502", "138 0000 1234": "138 **** **34", "编号110101199001011234。": "编号110*************34。", "2026-11-23 9 时": "2026-11-23 9 时",
	} {
		if got := Redact(in); got != want {
			t.Errorf("redact %q: %q, want %q", in, got, want)
		}
	}
}

func TestNormalPhone(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"13800001234": "13800001234", "+8613800001234": "13800001234", "0086-138-0000-1234": "13800001234", "8613800001234": "13800001234",
		" 138 0000 1234 ": "13800001234", "\uFF0B86 \uFF11380000\uFF11234": "13800001234",
		"(0716)812-3456": "07168123456", "+86 716 8123456": "07168123456", "0716-8123456转801": "07168123456", "8612345": "8612345", "12345": "12345",
		"": "", "不详": "", "1234": "", "wang@example.org": "",
	} {
		got, ok := NormalPhone(in)
		if ok != (want != "") || ok && got != want {
			t.Errorf("%q: %q %v, want %q", in, got, ok, want)
		}
	}
}

func TestClearNeverShows(t *testing.T) {
	t.Parallel()
	const secret = "13800001234"
	p := Person{District: 1, ID: 2, Name: Hide(secret), Phone: Hide(secret), Contact: Hide(secret)}
	nested := struct{ p struct{ q Person } }{struct{ q Person }{p}}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb+verb+verb+verb+"\n", p, &p, p.Phone, nested)
	}
	out.WriteString(fmt.Sprint(errors.New("x"), p.Phone))
	for _, h := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		slog.New(h).Info("x", "person", p, "phone", p.Phone, "nested", nested)
	}
	j, err := json.Marshal(map[string]any{"p": p, "c": p.Phone, "k": map[Clear]int{p.Phone: 1}})
	if err != nil {
		t.Fatal(err)
	}
	out.Write(j)
	for _, leak := range []string{secret, fmt.Sprintf("%x", secret), "0001234"} {
		if strings.Contains(out.String(), leak) {
			t.Errorf("%q shows in:\n%s", leak, out.String())
		}
	}
	if _, err := p.Phone.Value(); err == nil {
		t.Error("a clear field can be stored")
	}
}

func TestSealOpenFind(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		v := open(t, db, t.TempDir())
		keep(t, db, v, 1, "王小五", "138 0000 1234", "wang@example.org")
		keep(t, db, v, 2, "李四", "+8613800001234", "")
		keep(t, db, v, 3, "", "", "")
		keep(t, db, v, 4, "赵六", "0716-8123456", "")
		got, err := v.Open(ctx, db, district, 1)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(Masked{Kind: "reporter", Name: "王**", Phone: "138****1234", Contact: "w***@example.org"}, got); diff != "" {
			t.Error(diff)
		}
		if got, err = v.Open(ctx, db, district, 3); err != nil || got.Name+got.Phone != "" {
			t.Error(got, err)
		}
		if _, err = v.Open(ctx, db, 990102, 1); !errs.Is(err, errs.NotFound) {
			t.Error("another district:", err)
		}
		refs, err := v.FindByPhone(ctx, db, []int{0, district}, "13800001234")
		if err != nil || len(refs) != 2 || refs[0].ID != 2 || refs[1].ID != 1 {
			t.Error(refs, err)
		}
		for _, q := range []string{"1380000123", "", "不详", "13800001235"} {
			if refs, err := v.FindByPhone(ctx, db, []int{district}, q); err != nil || len(refs) != 0 {
				t.Error(q, refs, err)
			}
		}
		if refs, _ := v.FindByPhone(ctx, db, []int{990102}, "13800001234"); len(refs) != 0 {
			t.Error("found outside the scope")
		}

		// A sealed field moved to another row, or changed, cannot be opened, and the error shows nothing.
		if err := db.Write(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec("UPDATE vault_record SET phone = (SELECT phone FROM vault_record WHERE district = ? AND id = 1) WHERE district = ? AND id = 4", district, district)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := v.Open(ctx, db, district, 4); !errs.Is(err, errs.Internal) || strings.Contains(err.Error(), "1234") {
			t.Error(err)
		}

		// Nothing in the clear in the tables.
		var n int
		if err := db.QueryRow(ctx, "SELECT COUNT(*) FROM vault_record WHERE CAST(id AS TEXT) LIKE '%138%' OR kind LIKE '%138%'").Scan(&n); err != nil || n != 0 {
			t.Error(n, err)
		}
		if db.File() != "" {
			for _, f := range []string{db.File(), db.File() + "-wal"} {
				raw, err := os.ReadFile(f)
				if err != nil || bytes.Contains(raw, []byte("王小五")) || bytes.Contains(raw, []byte("0000 1234")) {
					t.Error("clear text in", filepath.Base(f), err)
				}
			}
		}

		// Too long fields name the field and not the value.
		_, err = v.Seal(Person{Name: Hide(strings.Repeat("王", MaxName+1))})
		if !errs.Is(err, errs.TooLong) || strings.Contains(err.Error(), "王") {
			t.Error(err)
		}
	})
}

func TestRevealIsRecordedAndLimited(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		v := open(t, db, t.TempDir())
		v.SetPerHour(5)
		keep(t, db, v, 1, "王小五", "13800001234", "")
		look := Look{Account: 7, Post: 8, District: district, ID: 1, Object: "case", ObjectID: 99, Purpose: "回访 13800001234"}
		for _, bad := range []string{"", " ", "x", strings.Repeat("长", 201)} {
			l := look
			l.Purpose = bad
			if _, err := v.Reveal(ctx, l); !errs.Is(err, errs.Required) && !errs.Is(err, errs.TooLong) {
				t.Error(bad, err)
			}
		}
		missing := look
		missing.ID = 2
		if _, err := v.Reveal(ctx, missing); !errs.Is(err, errs.NotFound) {
			t.Error(err)
		}
		var mu sync.Mutex
		var wg sync.WaitGroup
		ok, busy := 0, 0
		for range 12 {
			wg.Go(func() {
				p, err := v.Reveal(ctx, look)
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil && p.Phone.Plain() == "13800001234" && p.Name.Plain() == "王小五":
					ok++
				case errs.Is(err, errs.Busy) && errs.As(err).Params["seconds"].(int64) > 3500:
					busy++
				default:
					t.Error(p, err)
				}
			})
		}
		wg.Wait()
		if ok != 5 || busy != 7 {
			t.Error(ok, "looks and", busy, "refusals")
		}
		var n int
		var detail string
		if err := db.QueryRow(ctx, "SELECT COUNT(*), MIN(detail) FROM audit WHERE action = 'case.reveal' AND actor = 7 AND object_id = 99").Scan(&n, &detail); err != nil || n != 5 {
			t.Error(n, err)
		}
		if strings.Contains(detail, "13800001234") || !strings.Contains(detail, "回访") {
			t.Error(detail)
		}
		looks, err := v.Looks(ctx, db, district, 1)
		if err != nil || len(looks) != 5 || looks[0].Account != 7 {
			t.Error(looks, err)
		}
		// Another account is not held up, and an hour later neither is this one.
		other := look
		other.Account = 70
		if _, err := v.Reveal(ctx, other); err != nil {
			t.Error(err)
		}
		if _, err := v.Reveal(store.ContextAt(ctx, db.Now()+time.Hour.Microseconds()+1e6), look); err != nil {
			t.Error(err)
		}
	})
}

func TestErase(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		v := open(t, db, t.TempDir())
		keep(t, db, v, 1, "王小五", "13800001234", "")
		for range 2 {
			if err := db.Write(ctx, func(tx *store.Tx) error { return Erase(tx, district, 1) }); err != nil {
				t.Fatal(err)
			}
		}
		if err := db.Write(ctx, func(tx *store.Tx) error { return Erase(tx, district, 2) }); !errs.Is(err, errs.NotFound) {
			t.Error(err)
		}
		if m, err := v.Open(ctx, db, district, 1); err != nil || !m.Erased || m.Name+m.Phone != "" {
			t.Error(m, err)
		}
		if refs, err := v.FindByPhone(ctx, db, []int{district}, "13800001234"); err != nil || len(refs) != 0 {
			t.Error(refs, err)
		}
		if _, err := v.Reveal(ctx, Look{Account: 1, District: district, ID: 1, Object: "case", Purpose: "回访"}); !errs.Is(err, errs.NotFound) {
			t.Error(err)
		}
	})
}

func TestKeyFile(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	db := storetest.SQLite(t, nil)
	dir := t.TempDir()
	v := open(t, db, dir)
	keep(t, db, v, 1, "王小五", "13800001234", "")
	path := filepath.Join(dir, KeyFile)
	st, err := os.Stat(path)
	if err != nil || st.Mode().Perm() != 0o600 {
		t.Fatal(st, err)
	}
	if m, err := open(t, db, dir).Open(ctx, db, district, 1); err != nil || m.Name != "王**" {
		t.Error("after a restart:", m, err)
	}

	empty := t.TempDir()
	if _, err := New(ctx, db, empty); !errs.Is(err, KeyMissing) {
		t.Error("missing:", err)
	}
	if _, err := os.Stat(filepath.Join(empty, KeyFile)); !os.IsNotExist(err) {
		t.Error("a new key was made for a database that has one")
	}
	foreign := t.TempDir()
	open(t, storetest.SQLite(t, nil), foreign)
	if _, err := New(ctx, db, foreign); !errs.Is(err, KeyWrong) {
		t.Error("foreign:", err)
	}
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, broken := range [][]byte{nil, []byte("{}"), good[:len(good)/2], bytes.ReplaceAll(good, []byte(`"value"`), []byte(`"valve"`))} {
		if err := os.WriteFile(path, broken, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := New(ctx, db, dir); !errs.Is(err, KeyWrong) {
			t.Errorf("broken file %.20q: %v", broken, err)
		}
	}
}

func TestRotation(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		dir := t.TempDir()
		v := open(t, db, dir)
		for id := range int64(5) {
			keep(t, db, v, id+1, "王小五", "13800001234", "")
		}
		before, err := os.ReadFile(filepath.Join(dir, KeyFile))
		if err != nil {
			t.Fatal(err)
		}
		if err := RotateKey(dir); err != nil {
			t.Fatal(err)
		}
		v = open(t, db, dir)
		keep(t, db, v, 6, "李四", "13800001234", "")
		check := func() {
			t.Helper()
			if refs, err := v.FindByPhone(ctx, db, []int{district}, "13800001234"); err != nil || len(refs) != 6 {
				t.Error(refs, err)
			}
			for id := range int64(6) {
				if m, err := v.Open(ctx, db, district, id+1); err != nil || m.Phone != "138****1234" {
					t.Error(m, err)
				}
			}
		}
		check()
		if err := v.RetireKeys(ctx); !errs.Is(err, KeysInUse) {
			t.Error(err)
		}
		for moved := 0; ; {
			n, err := v.Reseal(ctx, 2)
			if err != nil {
				t.Fatal(err)
			}
			if moved += n; n == 0 {
				if moved != 5 {
					t.Error(moved, "moved")
				}
				break
			}
			check()
		}
		if err := v.RetireKeys(ctx); err != nil {
			t.Fatal(err)
		}
		check()
		v = open(t, db, dir)
		check()
		if err := os.WriteFile(filepath.Join(dir, KeyFile), before, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := New(ctx, db, dir); !errs.Is(err, KeyWrong) {
			t.Error("the old key file still opens:", err)
		}
	})
}

func TestStartsAtOnceAgreeOnOneKey(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		dir := t.TempDir()
		var wg sync.WaitGroup
		all := make([]*Vault, 6)
		for i := range all {
			wg.Go(func() {
				v, err := New(context.Background(), db, dir)
				if err != nil {
					t.Error(err)
				}
				all[i] = v
			})
		}
		wg.Wait()
		keep(t, db, all[0], 1, "王小五", "13800001234", "")
		for _, v := range all {
			if m, err := v.Open(context.Background(), db, district, 1); err != nil || m.Name != "王**" {
				t.Error(m, err)
			}
		}
	})
}

func BenchmarkSeal(b *testing.B) {
	k, err := newKeys()
	if err != nil {
		b.Fatal(err)
	}
	v := &Vault{}
	v.keys.Store(k)
	p := Person{District: district, ID: 1, Kind: "reporter", Name: Hide("王小五"), Phone: Hide("13800001234")}
	for b.Loop() {
		if _, err := v.Seal(p); err != nil {
			b.Fatal(err)
		}
	}
}
