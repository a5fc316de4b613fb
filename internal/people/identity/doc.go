// Package identity keeps the people who work with Linli: organisations,
// accounts, the posts that accounts hold, and sessions.
//
// A post (role × region, grid or organisation × dates) is all that gives
// rights; package access turns posts into scopes. The three offices – system,
// security, audit – are never held by one account, and nobody changes his own
// posts. Every change is one Write with its audit entry.
//
// A program outside (a service account) holds posts like a person, but shows an
// API key (keys.go) instead of signing in; of the key only a digest is stored.
//
// Passwords are argon2id; an unknown login, a wrong password and a login that
// has to wait get one answer after the same work. Tokens are random and only
// their digest is stored. Actor answers from memory and is at most one second
// behind other processes, not at all behind this one.
package identity
