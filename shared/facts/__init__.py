"""Facts: what one is, the catalogue that names them, which of them stand (`settle`), and how their days are counted."""
