std = "lua54"
max_line_length = 140
files["tests/lua"] = { std = "+busted" }
files["premake5.lua"] = { ignore = { "1" } } -- premake's API is globals
