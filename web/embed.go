// Package webui carries the built web pages inside the binary.
//
// `npm run build` in this folder writes them to dist/; before that the folder
// holds only .keep, so that the Go code builds without Node. Every file below
// dist/desk/assets has its content's hash in its name and may be cached for
// ever; desk/index.html and worker/index.html must not be cached, and the text
// __CSP_NONCE__ in them is replaced with the nonce of each answer.
package webui

import (
	"embed"
	"encoding/json"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// NoncePlaceholder is the text in the pages that stands for the nonce of the
// answer's Content-Security-Policy (style-src).
const NoncePlaceholder = "__CSP_NONCE__"

// DeskIndex is the path in Files of the desk's page; it answers every path
// below /desk/ that names no file.
const DeskIndex = "desk/index.html"

// Files returns the built pages, rooted so that URL paths are file paths:
// /desk/assets/x.js is desk/assets/x.js.
func Files() fs.FS {
	sub, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // cannot happen: the folder is embedded above
	}
	return sub
}

// Built says whether the pages were built before the binary was.
func Built() bool {
	_, err := fs.Stat(Files(), DeskIndex)
	return err == nil
}

// DoorScript is the address of the residents' script, "" if it was not built.
func DoorScript() string {
	raw, err := fs.ReadFile(Files(), ".vite/manifest.json")
	if err != nil {
		return ""
	}
	var chunks map[string]struct {
		File string `json:"file"`
	}
	if err := json.Unmarshal(raw, &chunks); err != nil {
		return ""
	}
	if c := chunks["src/resident/main.ts"]; c.File != "" {
		return "/" + c.File
	}
	return ""
}
