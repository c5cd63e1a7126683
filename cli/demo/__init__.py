"""`kap demo`: a day of three clinics, played from outside and checked step by step."""
