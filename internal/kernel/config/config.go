package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"sort"
	"strconv"
	"strings"
	"syscall"
	"time"
	_ "time/tzdata" // machines without zone files
)

// FileName is the optional file inside the data folder.
const FileName = "linli.json"

// Config is everything an operator may set. The json names are those of linli.json.
type Config struct {
	Addr           string   `json:"addr"`            // host:port to listen on
	Data           string   `json:"-"`               // data folder; everything Linli owns lies under it
	DB             string   `json:"db"`              // postgres://… instead of the embedded database
	Zone           string   `json:"zone"`            // the city's time zone, an IANA name
	TrustedProxies []string `json:"trusted_proxies"` // addresses or prefixes whose X-Forwarded-* are believed
	Log            Log      `json:"log"`
	Limits         Limits   `json:"limits"`
	Tianditu       Tianditu `json:"tianditu"`
	Door           Door     `json:"door"`
	Hotline        Hotline  `json:"hotline"`
	Notices        Notices  `json:"notices"`
	StopSeconds    int      `json:"stop_seconds"` // how long a graceful stop may take
	Open311        Open311  `json:"open311"`
}

// Log says what is logged to standard error, and how.
type Log struct {
	Level  string `json:"level"`  // debug, info, warn, error
	Format string `json:"format"` // json or text
}

// Limits protect the service; see web.Options.
type Limits struct {
	Rate           float64 `json:"rate"`             // requests a second for one account or address; 0: no limit
	Burst          int     `json:"burst"`            // at once
	InFlight       int     `json:"in_flight"`        // operations at once before shedding
	StreamsPerUser int     `json:"streams_per_user"` // live views of one account
}

// PerSecond is the rate in web.Options' terms, where a negative one means none.
func (l Limits) PerSecond() float64 {
	if l.Rate == 0 {
		return -1
	}
	return l.Rate
}

// Tianditu is the national map service (天地图). The key stays on the server:
// tiles are fetched through /api/v1/map/tiles.
type Tianditu struct {
	Key string `json:"key"` // empty: the offline base map only
}

// Door is what the residents' pages tell people of this city; signs of danger and
// whom to call are settings of the rulebook.
type Door struct {
	Licence string `json:"licence"` // of the open data
}

// Notices says how reporters are told of progress. Each way is an object with "by"
// and the provider's own settings: {"by": "smtp", "addr": …}; see
// docs/operations.md. Without one a synthetic city writes to a file, a real one
// sends nothing.
type Notices struct {
	Phone json.RawMessage `json:"phone,omitempty"` // by file, http, aliyun or wecom
	Mail  json.RawMessage `json:"mail,omitempty"`  // by file or smtp
	Link  string          `json:"link,omitempty"`  // address of the city's pages, for notices
	Texts map[string]Text `json:"texts,omitempty"` // by topic, instead of the usual ones
}

// Text is one text in both languages.
type Text struct {
	ZH string `json:"zh"`
	EN string `json:"en"`
}

// Hotline holds the secrets of the exchange with the 12345 platform; all else
// about it is data that the desk edits.
type Hotline struct {
	Algorithm string            `json:"algorithm"` // sha256 (default) or sm3
	Secrets   []string          `json:"secrets"`   // at most two: the first signs, each is accepted
	Tokens    map[string]string `json:"tokens"`    // of their endpoints, by the names that the desk's settings use
}

// Open311 is the city's interface for other programs; see docs/open311.md.
type Open311 struct {
	Contact    string              `json:"contact"`     // whom integrators ask; shown in discovery
	KeyService string              `json:"key_service"` // how one gets a key; shown in discovery
	Acts       map[string][]string `json:"acts"`        // status of an update → acts of a unit, instead of the program's own
	Remotes    []Open311Remote     `json:"remotes"`
}

// Open311Remote is an outside system that handles cases for one unit of the city.
type Open311Remote struct {
	Name         string            `json:"name"`         // its name here, for ever
	URL          string            `json:"url"`          // its endpoint: https://…/open311/v2
	Key          string            `json:"key"`          // ours there
	Jurisdiction string            `json:"jurisdiction"` // what it wants as jurisdiction_id; may be empty
	Account      string            `json:"account"`      // login of the service account that holds the unit's post here
	Services     map[string]string `json:"services"`     // our category code → its service_code; "*": all others
}

// Default is the configuration of a fresh machine.
func Default() Config {
	return Config{
		Addr: "127.0.0.1:8080", Data: "data", Zone: "Asia/Shanghai",
		Log:         Log{Level: "info", Format: "json"},
		Limits:      Limits{Rate: 200, Burst: 400, InFlight: 512, StreamsPerUser: 8},
		Door:        Door{Licence: "CC BY 4.0"},
		StopSeconds: 20,
	}
}

// Error is a configuration that cannot be used.
type Error struct {
	Where  string // file (with line), flag or variable
	Field  string
	ZH, EN string // what is wrong and what to do
	Cause  error
}

func (e *Error) Error() string {
	field := ""
	if e.Field != "" {
		field = " " + e.Field
	}
	return fmt.Sprintf("%s%s:%s / %s", e.Where, field, e.ZH, e.EN)
}

func (e *Error) Unwrap() error { return e.Cause }

// Flags are the command line's part.
type Flags struct {
	addr, data, db string
	set            *flag.FlagSet
}

// AddFlags adds --addr, --data and --db to a command.
func AddFlags(set *flag.FlagSet) *Flags {
	f := &Flags{set: set}
	d := Default()
	set.StringVar(&f.addr, "addr", "", "address to listen on, HOST:PORT (default "+d.Addr+"; LINLI_ADDR)")
	AddDataFlags(set, f)
	return f
}

// AddDataFlags adds --data and --db only, for commands that do not listen.
// f may be nil.
func AddDataFlags(set *flag.FlagSet, f *Flags) *Flags {
	if f == nil {
		f = &Flags{set: set}
	}
	d := Default()
	set.StringVar(&f.data, "data", "", "data folder (default "+d.Data+"; LINLI_DATA)")
	set.StringVar(&f.db, "db", "", "postgres://… instead of the embedded database (LINLI_DB)")
	return f
}

// Load puts flags, environment, file and defaults together and checks them.
// getenv is os.Getenv.
func (f *Flags) Load(getenv func(string) string) (Config, error) {
	c := Default()
	first := func(vals ...string) string {
		for _, v := range vals {
			if v != "" {
				return v
			}
		}
		return ""
	}
	c.Data = first(f.data, getenv("LINLI_DATA"), c.Data)
	file := filepath.Join(c.Data, FileName)
	if err := c.read(file); err != nil {
		return c, err
	}
	where := map[string]string{"addr": file, "db": file}
	for _, v := range []struct {
		field, flag, env string
		to               *string
	}{{"addr", f.addr, "LINLI_ADDR", &c.Addr}, {"db", f.db, "LINLI_DB", &c.DB}} {
		switch {
		case v.flag != "":
			*v.to, where[v.field] = v.flag, "--"+v.field
		case getenv(v.env) != "":
			*v.to, where[v.field] = getenv(v.env), v.env
		}
	}
	return c, c.check(where, file)
}

// read overlays the file, if it exists.
func (c *Config) read(file string) error {
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil
	}
	if err != nil {
		return &Error{Where: file, ZH: "无法读取，请检查文件权限", EN: "cannot be read; check the file's permissions", Cause: err}
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if err := json.Unmarshal(text, c); err != nil {
		var syn *json.SyntaxError
		var typ *json.UnmarshalTypeError
		switch {
		case errors.As(err, &syn):
			return &Error{Where: at(file, text, syn.Offset), ZH: "不是正确的 JSON,请检查逗号、引号和括号", EN: "this is not JSON; check commas, quotes and brackets", Cause: err}
		case errors.As(err, &typ):
			return &Error{Where: at(file, text, typ.Offset), Field: typ.Field, ZH: "类型有误，应为" + kindZH(typ.Type), EN: "wrong type, give " + kindEN(typ.Type), Cause: err}
		}
		return &Error{Where: file, ZH: "无法识别", EN: "cannot be understood", Cause: err}
	}
	return unknown(file, text, text, reflect.TypeFor[Config](), "")
}

// at is file:line.
func at(file string, text []byte, offset int64) string {
	n := min(max(int(offset), 0), len(text))
	return file + ":" + strconv.Itoa(1+bytes.Count(text[:n], []byte("\n")))
}

func kindZH(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "文字（加引号）"
	case reflect.Slice:
		return "列表，例如 [\"10.0.0.0/8\"]"
	case reflect.Struct:
		return "对象 {…}"
	case reflect.Bool:
		return " true 或 false"
	}
	return "数字（不加引号）"
}

func kindEN(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "text in quotes"
	case reflect.Slice:
		return `a list such as ["10.0.0.0/8"]`
	case reflect.Struct:
		return "an object {…}"
	case reflect.Bool:
		return "true or false"
	}
	return "a number without quotes"
}

// unknown finds fields that the type does not have.
func unknown(file string, whole, raw []byte, t reflect.Type, path string) error {
	var m map[string]json.RawMessage
	if err := json.Unmarshal(raw, &m); err != nil || m == nil {
		return &Error{Where: file, Field: path, ZH: "应为对象 {…}", EN: "give an object {…}", Cause: err}
	}
	known := map[string]reflect.Type{}
	for i := range t.NumField() {
		if name := t.Field(i).Tag.Get("json"); name != "-" {
			known[name] = t.Field(i).Type
		}
	}
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		typ, ok := known[name]
		if !ok {
			e := &Error{Where: at(file, whole, int64(bytes.Index(whole, []byte(strconv.Quote(name))))), Field: path + name}
			if near := nearest(name, known); near != "" {
				e.ZH, e.EN = "没有这一项，是否应为 "+near+"？", "there is no such field; did you mean "+near+"?"
			} else {
				all := make([]string, 0, len(known))
				for k := range known {
					all = append(all, k)
				}
				sort.Strings(all)
				e.ZH, e.EN = "没有这一项，可用的有 "+strings.Join(all, "、"), "there is no such field; known are "+strings.Join(all, ", ")
			}
			return e
		}
		if typ.Kind() == reflect.Struct {
			if err := unknown(file, whole, m[name], typ, path+name+"."); err != nil {
				return err
			}
		}
	}
	return nil
}

// nearest is the known name within two edits, or "".
func nearest(name string, known map[string]reflect.Type) string {
	best, dist := "", 3
	for k := range known {
		if d := edits(strings.ToLower(name), k); d < dist || (d == dist && d < 3 && k < best) {
			best, dist = k, d
		}
	}
	return best
}

func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diag := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diag
			if a[i] != b[j] {
				cost = 1 + min(diag, row[j], row[j+1])
			}
			diag, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}

func (c *Config) check(where map[string]string, file string) error {
	bad := func(at, field, zh, en string) error { return &Error{Where: at, Field: field, ZH: zh, EN: en} }
	host, port, err := net.SplitHostPort(c.Addr)
	n, perr := strconv.Atoi(port)
	if err != nil || perr != nil || n < 0 || n > 65535 {
		return bad(where["addr"], "addr", "监听地址 "+strconv.Quote(c.Addr)+" 有误，应为 主机:端口，例如 127.0.0.1:8080",
			"the address "+strconv.Quote(c.Addr)+" is not right; give HOST:PORT such as 127.0.0.1:8080")
	}
	_ = host
	if c.DB != "" {
		u, err := url.Parse(c.DB)
		if err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql") {
			return bad(where["db"], "db", "数据库地址有误，应以 postgres:// 开头", "the database address is not right; it begins with postgres://")
		}
	}
	if _, err := time.LoadLocation(c.Zone); err != nil || c.Zone == "" {
		return bad(file, "zone", "没有这个时区，例如 Asia/Shanghai", "there is no such time zone; give one such as Asia/Shanghai")
	}
	if _, err := c.Proxies(); err != nil {
		return bad(file, "trusted_proxies", "应为地址或网段，例如 10.0.0.0/8", "give addresses or prefixes such as 10.0.0.0/8")
	}
	if _, ok := levels[c.Log.Level]; !ok {
		return bad(file, "log.level", "应为 debug、info、warn 或 error", "give debug, info, warn or error")
	}
	if c.Log.Format != "json" && c.Log.Format != "text" {
		return bad(file, "log.format", "应为 json 或 text", "give json or text")
	}
	if c.Limits.Rate < 0 || c.Limits.Rate > 1e6 {
		return bad(file, "limits.rate", "应在 0(不限)与 1000000 之间", "give 0 (no limit) to 1000000")
	}
	for _, v := range []struct {
		field    string
		n        int
		min, max int
	}{
		{"limits.burst", c.Limits.Burst, 1, 1_000_000}, {"limits.in_flight", c.Limits.InFlight, 8, 100_000},
		{"limits.streams_per_user", c.Limits.StreamsPerUser, 1, 1000}, {"stop_seconds", c.StopSeconds, 1, 600},
	} {
		if v.n < v.min || v.n > v.max {
			return bad(file, v.field, fmt.Sprintf("应在 %d 与 %d 之间", v.min, v.max), fmt.Sprintf("give %d to %d", v.min, v.max))
		}
	}
	if a := c.Hotline.Algorithm; a != "" && a != "sha256" && a != "sm3" {
		return bad(file, "hotline.algorithm", "应为 sha256 或 sm3", "give sha256 or sm3")
	}
	if len(c.Hotline.Secrets) > 2 {
		return bad(file, "hotline.secrets", "最多两个：新的在前，旧的在后", "give two at most: the new one first, the old one behind it")
	}
	for _, s := range c.Hotline.Secrets {
		if len(s) < 16 || len(s) > 200 {
			return bad(file, "hotline.secrets", "每个密钥 16 至 200 个字符", "a secret has 16 to 200 characters")
		}
	}
	if len(c.Tianditu.Key) > 100 || strings.ContainsAny(c.Tianditu.Key, " \t\r\n&?/") {
		return bad(file, "tianditu.key", "不是天地图密钥，请到天地图控制台复制", "this is not a Tianditu key; copy it from their console")
	}
	return nil
}

// Proxies are the trusted proxies as prefixes.
func (c *Config) Proxies() ([]netip.Prefix, error) {
	var all []netip.Prefix
	for _, s := range c.TrustedProxies {
		p, err := netip.ParsePrefix(s)
		if err != nil {
			a, aerr := netip.ParseAddr(s)
			if aerr != nil {
				return nil, err
			}
			p = netip.PrefixFrom(a, a.BitLen())
		}
		all = append(all, p.Masked())
	}
	return all, nil
}

// Location is the city's time zone.
func (c *Config) Location() *time.Location {
	l, err := time.LoadLocation(c.Zone)
	if err != nil {
		panic("config: unchecked zone " + c.Zone)
	}
	return l
}

// Database names the database for the log, without a password.
func (c *Config) Database() string {
	if c.DB == "" {
		return "embedded"
	}
	u, err := url.Parse(c.DB)
	if err != nil {
		return "postgres"
	}
	return u.Redacted()
}

// PrepareData makes the data folder if it is missing and proves that it can be
// written, durably.
func (c *Config) PrepareData() error {
	wrong := func(zh, en string, err error) error {
		return &Error{Where: c.Data, ZH: zh, EN: en, Cause: err}
	}
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		if st, serr := os.Stat(c.Data); serr == nil && !st.IsDir() {
			return wrong("是一个文件，不是文件夹，请用 --data 指定文件夹", "is a file, not a folder; name a folder with --data", err)
		}
		return wrong("无法创建数据文件夹，请检查上级文件夹的权限，或用 --data 指定其他位置", "the data folder cannot be made; check the permissions of the folder above, or name another with --data", err)
	}
	f, err := os.CreateTemp(c.Data, ".probe-")
	if err == nil {
		_, err = f.Write([]byte("linli"))
		err = errors.Join(err, f.Sync(), f.Close(), os.Remove(f.Name()))
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return wrong("存储空间已满，请清理后再启动", "the disk is full; make room and start again", err)
	case errors.Is(err, syscall.EROFS):
		return wrong("所在磁盘为只读，请用 --data 指定其他位置", "lies on a read-only disk; name another folder with --data", err)
	}
	return wrong("数据文件夹不可写，请检查其权限和所有者，或用 --data 指定其他位置", "the data folder cannot be written; check its owner and permissions, or name another with --data", err)
}
