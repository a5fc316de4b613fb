// Package load writes the synthetic city into an empty database, through the
// rooms' own commands: regions with the base map, organisations, the rulebook,
// accounts with posts. Nothing here has a write path of its own.
//
// An organisation's code begins with its duty ("sanitation-990101"): the kind
// under which routing rules look for it. Identity's own kinds are coarser
// (department, utility …).
//
// One account of each role is for demonstration: City returns their logins,
// which all have DemoPassword. Nobody else has a password.
package load
