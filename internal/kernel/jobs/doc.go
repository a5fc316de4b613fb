// Package jobs does work in the background, once, on whichever process is free.
//
// Enqueue puts a job into the caller's own transaction: it exists exactly if
// the rest of the write does. Runners of any number of processes on one
// database lease due jobs with an expiry; a process that dies leaves its jobs
// to the others when the lease ends. A handler that must not act twice calls
// Job.Done in the transaction of its effect; others may run again after a
// crash and must bear it. Failed jobs come back with a growing delay and are
// set aside as dead, visible, after the last attempt.
//
// Every adds work that recurs: one process at a time runs it, by the same kind
// of lease.
package jobs
