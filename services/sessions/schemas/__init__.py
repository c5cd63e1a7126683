"""The JSON the treatment record takes and gives."""
