std = "lua54"
max_line_length = 140
-- What runs in every Lua has what they all have; specs ask for what some lack.
files["scripts"] = { std = "min" }
files["scripts/examples/assets"] = { std = "lua54" }
for _, file in ipairs { "keeping_love", "reload", "swap", "trying", "versions" } do files["scripts/perilune/" .. file .. ".lua"] = { std = "max" } end
files["scripts/examples/love"] = { std = "luajit+love" }
files["tests/lua"] = { std = "max+busted" }
files["tests/love"] = { std = "luajit+love" }
files["premake5.lua"] = { ignore = { "1" } } -- premake's API is globals
