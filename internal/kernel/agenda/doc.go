// Package agenda joins what each room says is due, and when, into three lists:
// what one has to see to (duties), what takes place or ends (the calendar), and
// what one has been told in time (the inbox).
//
// A room declares Sources: a name, whose duty it is, and a query in scope that
// gives entries with a day and a link. There is no code for a room here and none
// for a room in the desk. Remind, run by a job, tells whoever is responsible
// some days before, once: the reminder's key is unique in the inbox.
package agenda
