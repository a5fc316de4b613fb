package cases

// Units of a test's small city, too, assist in many cases and in few.
func init() { fewAssists = 4 }

// Held is what plans read from indexes.
var Held = held
