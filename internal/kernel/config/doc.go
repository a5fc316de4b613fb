// Package config gathers what an operator may set: flags win over the
// environment (LINLI_ADDR, LINLI_DATA, LINLI_DB), which wins over the optional
// file DATA/linli.json, which wins over the defaults.
//
// The file is strict: an unknown field, a wrong type or an impossible value is
// an error that names file, line, field and remedy, in both languages, because
// nobody is signed in yet. Nothing starts with a configuration that was only
// half understood.
package config
