"""Documents for people as PDF: consents, letters, exports."""

from shared.paper.pdf import Paper, Part, Table, pdf_of

__all__ = ["Paper", "Part", "Table", "pdf_of"]
