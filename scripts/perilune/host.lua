-- What scripts find where no program `perilune` runs them: that one puts its own module in this place.
local core = ...
package.loaded["perilune.host"] = nil -- Lua 5.1 would tell the next who asks of a loop
core.fail "perilune.host is only there in the program 'perilune': run this script with 'perilune run SCRIPT'"
