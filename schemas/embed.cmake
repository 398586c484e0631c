# Writes the schemas as C arrays. Bytes, not a string literal: no limit of length, nothing to escape.
set(text "/* Made from the .avsc files by schemas/embed.cmake. */\n")
foreach(name discrepancy dead_letter)
    file(READ ${SOURCE_DIR}/${name}.avsc hex HEX)
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
    string(APPEND text "extern const char avro_schema_${name}[];\nconst char avro_schema_${name}[] = {${bytes}0};\n")
endforeach()
file(WRITE ${OUTPUT} "${text}")
