// Package household keeps the homes of the city – building, unit, room – with what
// serving the people in them needs, and nothing more: how to reach them, in which
// language, what care they have agreed to and until when.
//
// Homes and care needs are registers (kernel/ledger): checked, with the history of
// every field, imported and exported, telephone and name in the vault. What is
// special here: a home hangs on its building and follows it into whatever grid the
// city is planned anew; a care need has a purpose, a source, the day of consent and
// an end; two rows of one home are merged; who moved out is forgotten; and a
// resident may ask who looked.
//
// There is no field for religion, ethnicity, an identity number or a list of
// persons of interest, and none may be added as a city's own (ledger refuses them).
package household
