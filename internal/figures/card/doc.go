// Package card puts together who is responsible for a grid and what is due there:
// the grid card (网格公示牌).
//
// Nothing is entered here: branch, workers, leaders, parties, contacts, cases and
// visits come from their own rooms. Who holds an office for a grid is told to
// everybody whose scope reaches the grid; a telephone number that is not marked as
// public only to those who may read its register. The sheet for the notice board
// is made from the card by Public, which leaves out every other number.
package card
