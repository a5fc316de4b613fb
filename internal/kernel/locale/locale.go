package locale

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"
)

//go:embed zh.json
var zhFile []byte

//go:embed en.json
var enFile []byte

var texts = map[string]map[string]string{"zh": parse("zh", zhFile), "en": parse("en", enFile)}

func parse(lang string, file []byte) map[string]string {
	var m map[string]string
	if err := json.Unmarshal(file, &m); err != nil {
		panic("locale: " + lang + ".json: " + err.Error())
	}
	return m
}

// T is the text of the key in the language ("zh" or "en", default zh). params
// alternate name, value and replace {name}. A key that does not exist is shown
// as it is; the package's test keeps that from happening. Give keys as literals,
// so that the test sees them.
func T(lang, key string, params ...any) string {
	m := texts["zh"]
	if lang == "en" {
		m = texts["en"]
	}
	s, ok := m[key]
	if !ok {
		return key
	}
	for i := 0; i+1 < len(params); i += 2 {
		s = strings.ReplaceAll(s, "{"+fmt.Sprint(params[i])+"}", fmt.Sprint(params[i+1]))
	}
	return s
}

// Langs are the languages that exist.
func Langs() []string { return []string{"zh", "en"} }
