// Package apptest opens the whole program on the small synthetic city for
// tests: a private data folder, either engine, served on 127.0.0.1:0. People
// sign in without a password, new ones are hired for any role and place, and
// each is a small HTTP client that speaks the API as the desk does.
package apptest
