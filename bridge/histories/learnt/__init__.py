"""The learnt event model: event tables read, encoded, fitted to and made anew."""
