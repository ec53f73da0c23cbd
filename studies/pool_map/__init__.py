"""The map: for which pools selection pays, on translations and glyphs."""
