"""Who signs in to the demo, and what the story, the told words and the tests call things."""

PASSWORD = "figs and honey"
OWNER = "ana@bluefig.example"
MEMBER = "ben@bluefig.example"
BRAND_OWNER = "mara@marigold.example"
STAFF = "staff@perennial.example"

AGENCY = "Blue Fig Agency"
BRAND = "Marigold & Rye"

# Somebody without a connection, for the visitor to connect.
NEWCOMER = "hana.paints"
DUE = "nora.runs"
OVERDUE = "kofi.cooks"
# Invited by mail, and not here yet.
INVITED = "river.and.oak"
INVITED_EMAIL = "river@oak.example"
# Connected through Facebook by somebody who has to confirm it soon.
BY_FACEBOOK = "cafe.luna"
# At Facebook, with several Pages.
SEVERAL = "Lena Brandt"
# Alive and well, for the visitor to remove the app.
LEAVING = "studio.lima"
# Alive and well, for the visitor to change a password.
HEALTHY = "otto_travels"
