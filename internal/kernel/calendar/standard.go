package calendar

import (
	_ "embed"
	"encoding/json"
	"sync"
)

// The State Council's arrangements of days off: 2025 国办发明电〔2024〕12号, 2026
// 国办发明电〔2025〕7号. No arrangement for 2027 could be sourced; it has weekends
// only and is marked so.
//
//go:embed standard.json
var standardJSON []byte

var standard = sync.OnceValue(func() *Calendar {
	var s Spec
	if err := json.Unmarshal(standardJSON, &s); err != nil {
		panic("calendar: embedded standard: " + err.Error())
	}
	c, err := New(s)
	if err != nil {
		panic("calendar: embedded standard: " + err.Error())
	}
	return c
})

// Standard is the mainland's calendar as the State Council arranged it, in
// Asia/Shanghai with 08:30–12:00 and 14:00–17:30.
func Standard() *Calendar { return standard() }
