"""What every page, picture and command of this program says of itself."""

DISCLAIMER = "For research use only; not a medical device"
