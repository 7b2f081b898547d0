"""From a scan and a network to a proposal: artery regions, labelled calcium, probabilities."""
