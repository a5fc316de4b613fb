package app_test

import (
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"linli/internal/app/apptest"
	"linli/internal/kernel/access"
	"linli/internal/kernel/store"
)

// browser is somebody at the city's door without script.
type browser struct {
	*http.Client
	t   *testing.T
	url string
}

func atDoor(t *testing.T, c *apptest.City) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{&http.Client{Jar: jar}, t, c.URL}
}

func (b *browser) answer(resp *http.Response, err error) (int, string) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return resp.StatusCode, html.UnescapeString(string(raw))
}

func (b *browser) get(path string) (int, string) {
	b.t.Helper()
	return b.answer(b.Get(b.url + path))
}

func (b *browser) post(path string, form url.Values) (int, string) {
	b.t.Helper()
	return b.answer(b.PostForm(b.url+path, form))
}

func (b *browser) find(page, pattern string) string {
	b.t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(page)
	if m == nil {
		b.t.Fatalf("no %s in %s", pattern, page)
	}
	return m[1]
}

// form is a fresh form with the plain question answered.
func (b *browser) form() url.Values {
	_, page := b.get("/")
	question := []rune(b.find(page, `for="answer">([^<]+)`))
	digits := []rune("零一二三四五六七八九")
	sum := strings.IndexRune(string(digits), question[0])/3 + strings.IndexRune(string(digits), question[2])/3
	return url.Values{"form": {b.find(page, `name="form" value="([^"]+)"`)}, "answer": {fmt.Sprint(sum)}, "do": {"send"}}
}

var aged = regexp.MustCompile(`name="version" value="(\d+)"`)

// TestResidentsSeeTheEnd: a resident reports without account and script, follows
// the work to its end, says that it is not solved, and sees it solved.
func TestResidentsSeeTheEnd(t *testing.T) {
	t.Parallel()
	apptest.Each(t, func(t *testing.T, c *apptest.City) {
		c.Door.Hurry = 0 // nobody takes time here
		w := c.World()
		b := atDoor(t, c)
		form := b.form()
		form.Set("text", "楼下的路灯一直不亮，我叫张伟，13812345678")
		form.Set("pick", fmt.Sprintf("%d|0|0|%s", w.Target.Community, c.Atlas.Name(w.Target.Community)))
		form.Set("phone", "13812345678")
		form.Set("name", "张伟")
		form.Set("anonymous", "1")
		form.Set("category", fmt.Sprint(leafWith(t, c, plain).ID))
		status, page := b.post("/", form)
		if status != http.StatusOK {
			t.Fatalf("reported: %d %s", status, page)
		}
		number, code := b.find(page, `id="number">([^<]+)`), b.find(page, `id="code">([^<]+)`)
		if again, page := b.post("/", form); again != http.StatusOK || b.find(page, `id="number">([^<]+)`) != number || b.find(page, `id="code">([^<]+)`) != code {
			t.Errorf("the same form again makes another report: %d", again)
		}

		other := atDoor(t, c)
		if status, _ := other.post("/follow", url.Values{"number": {number}, "code": {"AAAA-AAAA-AAAA"}}); status != http.StatusNotFound {
			t.Errorf("a wrong code answers %d", status)
		}
		if status, page := other.get("/follow/" + number); status != http.StatusOK || strings.Contains(page, "路灯") {
			t.Errorf("a stranger sees the report: %d", status)
		}
		status, page = other.post("/follow", url.Values{"number": {number}, "code": {strings.ToLower(strings.ReplaceAll(code, "-", " "))}})
		if status != http.StatusOK || !strings.Contains(page, "路灯") || !strings.Contains(page, "138****5678") {
			t.Fatalf("followed: %d %s", status, page)
		}

		desk := c.Hire(access.Post{Role: "district_desk", Region: w.Target.District})
		handler := c.Hire(access.Post{Role: "handler", Region: w.Target.District, Org: w.Target.Org})
		var list struct{ Items []struct{ ID int64 } }
		desk.Do("GET", "/api/v1/cases?q="+number, nil).Want(200).Into(&list)
		id := list.Items[0].ID
		if unit := string(handler.Do("GET", "/api/v1/cases?q="+number, nil).Want(200).Body); strings.Contains(unit, number) {
			t.Error("a unit sees a case that it does not have")
		}
		work := func() {
			if desk.Page(id).Case.Status == "reported" {
				desk.Act(id, "file", nil)
				desk.Act(id, "dispatch", apptest.M{"lead": w.Target.Org})
			}
			if body := string(handler.Do("GET", fmt.Sprintf("/api/v1/cases/%d", id), nil).Want(200).Body); strings.Contains(body, "张") && strings.Contains(body, "name_masked") || strings.Contains(body, "anonymous") {
				t.Errorf("the unit learns of the reporter: %s", body)
			}
			handler.Act(id, "sign", nil)
			handler.Act(id, "start", nil)
			handler.Act(id, "resolve", apptest.M{"result": "已更换灯头"})
			desk.Act(id, "verify_pass", nil)
		}
		work()
		_, page = other.get("/follow/" + number)
		for _, want := range []string{"已更换灯头", c.Identity.OrgName(w.Target.Org), "现场核查：已经解决", "请您评价"} {
			if !strings.Contains(page, want) {
				t.Errorf("the story does not say %q", want)
			}
		}
		rate := func(solved string) (int, string) {
			_, page := other.get("/follow/" + number)
			return other.post("/follow/"+number, url.Values{"do": {"rate"}, "version": {b.find(page, aged.String())}, "reached": {"no"}, "solved": {solved}, "satisfied": {map[string]string{"no": "1", "yes": "5"}[solved]}})
		}
		if status, page := rate("no"); status != http.StatusOK || !strings.Contains(page, "重新办理。") {
			t.Fatalf("not solved: %d %s", status, page)
		}
		if got := desk.Page(id).Case.Status; got != "dispatched" {
			t.Fatalf("the case is %s after its reporter said that it is not solved", got)
		}
		work()
		if status, page := rate("yes"); status != http.StatusOK || !strings.Contains(page, "已办结") {
			t.Fatalf("solved: %d %s", status, page)
		}

		if status, page := b.get("/matters/" + number); status != http.StatusOK || strings.Contains(page, "张伟") || strings.Contains(page, "138") || !strings.Contains(page, "已更换灯头") {
			t.Errorf("in public: %d %s", status, page)
		}
		photo := desk.Photo("现场.jpg")
		desk.Act(id, "reopen", apptest.M{"lead": w.Target.Org, "reason": "补充照片"})
		desk.Act(id, "note", apptest.M{"note": "现场照片", "files": []int64{photo}})
		picture := fmt.Sprintf("/matters/%s/photos/%d", number, photo)
		if status, _ := b.get(picture); status != http.StatusNotFound {
			t.Errorf("a photo that nobody looked at answers %d", status)
		}
		for shown, want := range map[bool]int{true: http.StatusOK, false: http.StatusNotFound} {
			desk.Do("POST", fmt.Sprintf("/api/v1/files/%d/public", photo), apptest.M{"shown": shown}).Want(200)
			if status, _ := b.get(picture); status != want {
				t.Errorf("a photo that is shown %v answers %d", shown, status)
			}
		}
		_, csv := b.get("/open-data/matters.csv")
		if !strings.Contains(csv, number) || strings.Contains(csv, "张伟") || strings.Contains(csv, "13812345678") {
			t.Errorf("open data: %s", csv)
		}
		_, page = other.get("/follow/" + number)
		if status, page := other.post("/follow/"+number, url.Values{"do": {"erase"}, "version": {b.find(page, aged.String())}}); status != http.StatusOK || strings.Contains(page, "138****5678") {
			t.Errorf("erased: %d %s", status, page)
		}
		if a := desk.Do("POST", fmt.Sprintf("/api/v1/cases/%d/reveal", id), apptest.M{"purpose": "回访核实"}); a.Status != http.StatusNotFound {
			t.Errorf("what was deleted is revealed: %d", a.Status)
		}
	})
}

// TestWrongCodesLockTheNumber: the right code, too, answers as if nothing were
// there until some minutes have passed.
func TestWrongCodesLockTheNumber(t *testing.T) {
	t.Parallel()
	c := apptest.SQLite(t)
	ref := tell(t, c, "路灯不亮，请来修")
	b := atDoor(t, c)
	for range 12 {
		if status, _ := b.post("/follow", url.Values{"number": {ref.number}, "code": {"AAAA-AAAA-AAAA"}}); status != http.StatusNotFound {
			t.Fatalf("a wrong code answers %d", status)
		}
	}
	if status, _ := b.post("/follow", url.Values{"number": {ref.number}, "code": {ref.code}}); status != http.StatusNotFound {
		t.Errorf("the right code after too many wrong ones answers %d", status)
	}
	if err := c.DB.Write(t.Context(), func(tx *store.Tx) error {
		_, err := tx.Exec("UPDATE resident_report SET wrong_at = wrong_at - 1000000000 WHERE district > 0")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if status, page := b.post("/follow", url.Values{"number": {ref.number}, "code": {ref.code}}); status != http.StatusOK || !strings.Contains(page, "路灯不亮") {
		t.Errorf("the right code later answers %d", status)
	}
}

type ticket struct{ number, code string }

// tell reports at the door of the target place; a hazard needs no answer.
func tell(t *testing.T, c *apptest.City, text string) ticket {
	t.Helper()
	b := atDoor(t, c)
	form := b.form()
	at := c.World().Target.Community
	form.Set("text", "闻到燃气味。"+text)
	form.Set("pick", fmt.Sprintf("%d|0|0|%s", at, c.Atlas.Name(at)))
	form.Del("answer")
	status, page := b.post("/", form)
	if status != http.StatusOK {
		t.Fatalf("reported: %d %s", status, page)
	}
	if !strings.Contains(page, `href="tel:119"`) {
		t.Error("a smell of gas is not told whom to call")
	}
	return ticket{b.find(page, `id="number">([^<]+)`), b.find(page, `id="code">([^<]+)`)}
}
