"""From first contact to "may be treated", and what must stay true after that.

Owns patients and their contact, referrals, episodes of care, questionnaires, safety
screens and flags, eligibility decisions, consents and clearances. Tells of each, and
listens to scheduling for clinics, missed doses and preparations that took place, and to
sessions for doses and integrations: how patients fare is worked out here.
"""
