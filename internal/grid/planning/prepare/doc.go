// Package prepare makes a planning instance of raw data: buildings, communities,
// barriers, an OpenStreetMap extract, today's grids. Files are read into
// Sources (or the caller fills them from a database); Prepare checks them,
// splits towers by entrances, gives every unit its cell, its neighbours and
// what lies between them, and joins the parts of each community.
//
// What is wrong with the data is not hidden and seldom fatal: each Finding says
// which object, in which row, what is wrong and how it was treated. Only what
// cannot be read at all ends with a *planning.InputError.
package prepare
